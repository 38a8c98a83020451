#include "exchange/read_file.h"

#include <optional>
#include <utility>

#include "config/printable.h"
#include "exchange/files_posix.h"
#include "exchange/format_reader.h"
#include "exchange/glossary.h"
#include "exchange/text_stream.h"

namespace yizhan::exchange {
namespace {

/// Hands everything to the reader that knows the root element.
class RootDispatcher final : public XmlHandler {
 public:
  explicit RootDispatcher(ReadContext context) : context_(context) {}
  void set_xml(const XmlReader* xml) { context_.xml = xml; }

  Status start(const XmlElement& element) override {
    if (!reader_) {
      reader_ = reader_for(element.name());
      if (!reader_) {
        return Error{Code::kInvalid, context_.xml->place() + ": <" + printable(element.name(), 40) +
                                         "> is not the beginning of a TMX, TBX or XLIFF file"};
      }
    }
    return reader_->start(element);
  }
  Status end(std::string_view name) override { return reader_->end(name); }
  Status text(std::string_view text) override { return reader_->text(text); }

 private:
  std::unique_ptr<FormatReader> reader_for(std::string_view root) const {
    if (root == "tmx") return make_tmx_reader(context_);
    if (root == "martif" || root == "tbx") return make_tbx_reader(context_);
    if (root == "xliff") return make_xliff_reader(context_);
    return nullptr;
  }

  ReadContext context_;
  std::unique_ptr<FormatReader> reader_;
};

Status read_xml(TextStream* stream, ByteSource* source, const ReadContext& context,
                const Progress& progress) {
  RootDispatcher root(context);
  XmlReader xml(source->name(), &root);
  root.set_xml(&xml);
  for (;;) {
    TRY_ASSIGN(const std::string_view text, stream->next());
    if (text.empty()) break;
    TRY(xml.feed(text));
    if (progress) progress(stream->bytes_read(), source->size());
  }
  return xml.finish();
}

Result<std::string> canonical_option(const std::string& language) {
  if (language.empty()) return std::string();
  std::optional<std::string> known = canonical_language(language);
  if (known) return *std::move(known);
  return Error{Code::kInvalid,
               "'" + printable(language, 40) + "' names no language; write it as en-US or zh-CN"};
}

}  // namespace

Result<ReadReport> read_source(ByteSource* source, const ReadOptions& options, Sink* sink,
                               const Progress& progress) {
  ReadOptions canonical = options;
  TRY_ASSIGN(canonical.source_lang, canonical_option(options.source_lang));
  TRY_ASSIGN(canonical.target_lang, canonical_option(options.target_lang));
  TextStream stream(source);
  TRY(stream.open());
  ReadReport report;
  report.encoding = stream.encoding();
  LanguageCache languages;
  const ReadContext context{&canonical, sink, &report, &languages, nullptr};
  if (stream.is_xml()) {
    TRY(read_xml(&stream, source, context, progress));
  } else {
    TRY(read_glossary(&stream, source, canonical, sink, &report, progress));
  }
  const auto first_removed = [&] {
    return source->name() + ":" + std::to_string(stream.first_removed_line());
  };
  count_skipped(&report, "characters that XML cannot carry, taken out", first_removed,
                stream.removed());
  return report;
}

Result<ReadReport> read_file(const std::string& path, const ReadOptions& options, Sink* sink,
                             const Progress& progress) {
  TRY_ASSIGN(const std::unique_ptr<ByteSource> source, open_source(path));
  return read_source(source.get(), options, sink, progress);
}

}  // namespace yizhan::exchange
