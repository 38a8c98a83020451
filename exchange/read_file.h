#pragma once
// The one way in: a file of any of the formats, told apart by what stands in it, not by its name.

#include <cstdint>
#include <functional>
#include <string>

#include "config/result.h"
#include "exchange/sink.h"
#include "exchange/source.h"

namespace yizhan::exchange {

struct ReadOptions {
  /// What is wanted, as BCP 47; empty: whatever the file has. Units get exactly these names, also
  /// where the file is less exact ("zh" for zh-CN); what does not fit (zh-TW for zh-CN) is skipped.
  /// Lines of a glossary without a header need both.
  std::string source_lang;
  std::string target_lang;
  /// Of units whose file says nothing of it.
  std::string status_if_none = "translated";
  std::string origin_if_none = "import";
  /// Of terms out of glossaries of lines: preferred, admitted, proposed, …
  std::string term_status_if_none = "admitted";
  /// XLIFF: segments below are skipped ("draft", "translated", "reviewed", "final").
  std::string min_status = "translated";
  /// TMX: also hand over units of which there is no target (OmegaT keeps notes so).
  bool keep_untranslated = false;
  /// Of concepts. The domain is for those whose file names none.
  std::string termbase;
  std::string client;
  std::string domain;
};

/// After each piece: bytes read so far, and in all.
using Progress = std::function<void(std::uint64_t read, std::uint64_t total)>;

/// Hands the records of the file at `path` to `sink`, in the memory of one unit. Fails with
///  * kInvalid, kLimit: "FILE:LINE, unit N: …": not one of our formats, damaged, not whole (half a
///    file), or beyond a limit of wire/limits.h;
///  * kNotFound, kIo: the file;
///  * whatever `sink` fails with, as it is.
/// Records handed over before a failure are for the caller to take back: all or nothing is his.
/// `progress` may be empty. Thread safe for different sinks.
Result<ReadReport> read_file(const std::string& path, const ReadOptions& options, Sink* sink,
                             const Progress& progress = {});
/// The same from anywhere.
Result<ReadReport> read_source(ByteSource* source, const ReadOptions& options, Sink* sink,
                               const Progress& progress = {});

}  // namespace yizhan::exchange
