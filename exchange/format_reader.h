#pragma once
// What the readers of the XML formats share. Inside exchange/ only.

#include <cstdint>
#include <memory>
#include <string>

#include "exchange/language.h"
#include "exchange/read_file.h"
#include "exchange/sink.h"
#include "exchange/xml.h"

namespace yizhan::exchange {

/// Who reads, into what, and where it is.
struct ReadContext {
  const ReadOptions* options = nullptr;  ///< its languages are canonical
  Sink* sink = nullptr;
  ReadReport* report = nullptr;
  LanguageCache* languages = nullptr;
  const XmlReader* xml = nullptr;
};

class FormatReader : public XmlHandler {
 public:
  explicit FormatReader(const ReadContext& context) : context_(context) {}

 protected:
  const ReadOptions& options() const { return *context_.options; }
  ReadReport& report() { return *context_.report; }
  LanguageCache& languages() { return *context_.languages; }

  /// What a unit or entry is called in messages ("unit", "entry"), and how many there were.
  virtual const char* item_name() const = 0;
  std::uint64_t number_ = 0;

  /// "FILE:LINE, unit 17".
  std::string place() const;
  Error error(Code code, const std::string& what) const;
  void skip(const std::string& reason, std::uint64_t count = 1);
  /// kLimit, kInvalid with the place if the record breaks wire::check_record.
  Status check(const wire::Record& record) const;
  /// Checks, counts, and hands over.
  Status hand_over(wire::Record unit);
  Status hand_over(wire::Record concept_record, std::vector<wire::Record> terms);

 private:
  ReadContext context_;
};

/// Each for one root element.
std::unique_ptr<FormatReader> make_tmx_reader(const ReadContext& context);
std::unique_ptr<FormatReader> make_tbx_reader(const ReadContext& context);
std::unique_ptr<FormatReader> make_xliff_reader(const ReadContext& context);

}  // namespace yizhan::exchange
