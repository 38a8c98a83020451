#include "exchange/xml.h"

#include <expat.h>

#include <cstring>
#include <optional>
#include <utility>

#include "config/printable.h"

namespace yizhan::exchange {

XmlElement::XmlElement(const char* name, const char** attributes)
    : full_(name), local_(full_), attributes_(attributes) {
  local_.remove_prefix(full_.find(':') + 1);  // npos + 1 is 0
}

std::string_view XmlElement::attribute(std::string_view name) const {
  for (const char** at = attributes_; *at != nullptr; at += 2) {
    if (name == at[0]) return at[1];
  }
  return {};
}

bool XmlElement::has(std::string_view name) const {
  for (const char** at = attributes_; *at != nullptr; at += 2) {
    if (name == at[0]) return true;
  }
  return false;
}

struct XmlReader::Parser {
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  Parser(std::string name, XmlHandler* to)
      : file_name(std::move(name)), handler(to), expat(XML_ParserCreate("UTF-8")) {
    CHECK_THAT_HOLDS(expat != nullptr);
    XML_SetUserData(expat.get(), this);
    XML_SetElementHandler(expat.get(), on_start, on_end);
    XML_SetCharacterDataHandler(expat.get(), on_text);
    XML_SetStartDoctypeDeclHandler(expat.get(), on_doctype);
    XML_SetEntityDeclHandler(expat.get(), on_entity);
    XML_SetSkippedEntityHandler(expat.get(), on_skipped);
    XML_SetParamEntityParsing(expat.get(), XML_PARAM_ENTITY_PARSING_NEVER);
  }

  static Parser* of(void* user) { return static_cast<Parser*>(user); }

  // expat calls the end handler of an empty element even when its start handler has stopped it: no
  // handler hears of anything behind the first failure.
  static void on_start(void* user, const char* name, const char** attributes) {
    Parser* self = of(user);
    if (self->failure) return;
    if (++self->depth > kMaxXmlDepth) {
      self->stop(
          self->error("elements are nested more than " + std::to_string(kMaxXmlDepth) + " deep"));
      return;
    }
    self->take(self->handler->start(XmlElement(name, attributes)));
  }
  static void on_end(void* user, const char* name) {
    Parser* self = of(user);
    if (self->failure) return;
    --self->depth;
    const char* colon = std::strchr(name, ':');
    self->take(self->handler->end(colon != nullptr ? colon + 1 : name));
  }
  static void on_text(void* user, const char* text, int size) {
    Parser* self = of(user);
    if (self->failure) return;
    self->take(self->handler->text({text, static_cast<std::size_t>(size)}));
  }
  static void on_doctype(void* user, const char* /*name*/, const char* /*system*/,
                         const char* /*public*/, int has_internal_subset) {
    if (has_internal_subset != 0) of(user)->refuse_declarations();
  }
  static void on_entity(void* user, const char* /*name*/, int, const char*, int, const char*,
                        const char*, const char*, const char*) {
    of(user)->refuse_declarations();
  }
  static void on_skipped(void* user, const char* name, int /*is_parameter*/) {
    Parser* self = of(user);
    self->stop(self->error("the entity &" + printable(name, 40) +
                           "; is not one of XML's own; write the character itself"));
  }

  void refuse_declarations() {
    stop(
        error("the document type has declarations in the file (<!DOCTYPE … [ … ]>), which is "
              "refused: entities can hide other files; remove what stands in the brackets"));
  }
  void take(Status status) {
    if (!status.ok()) stop(status.error());
  }
  void stop(Error why) {
    if (failure) return;
    failure = std::move(why);
    XML_StopParser(expat.get(), XML_FALSE);
  }
  std::uint64_t line() const { return XML_GetCurrentLineNumber(expat.get()); }
  std::string place() const { return file_name + ":" + std::to_string(line()); }
  Error error(const std::string& what) const { return {Code::kInvalid, place() + ": " + what}; }

  Status parse(std::string_view text, bool last) {
    if (failure) return *failure;
    const XML_Status parsed =
        XML_Parse(expat.get(), text.data(), static_cast<int>(text.size()), last ? 1 : 0);
    if (!failure && parsed != XML_STATUS_OK) failure = error(explain(last));
    if (!failure) check_pending(text.size());
    if (failure) return *failure;
    return {};
  }

  std::string explain(bool last) const {
    const XML_Error code = XML_GetErrorCode(expat.get());
    const bool cut = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
                     code == XML_ERROR_PARTIAL_CHAR || code == XML_ERROR_UNCLOSED_CDATA_SECTION ||
                     (last && depth > 0 && code == XML_ERROR_ASYNC_ENTITY);
    if (cut) return "the file ends in the middle; it is not whole: send it again";
    return std::string("not well-formed XML: ") + XML_ErrorString(code);
  }

  // The distance from the token that expat is in to the end of what it was given.
  void check_pending(std::size_t fed) {
    total += fed;
    const XML_Index at = XML_GetCurrentByteIndex(expat.get());
    if (at >= 0 && total - static_cast<std::uint64_t>(at) > kMaxXmlMarkupBytes) {
      failure =
          error("a tag or comment has more than " + std::to_string(kMaxXmlMarkupBytes) + " bytes");
    }
  }

  std::string file_name;
  XmlHandler* handler;
  std::unique_ptr<XML_ParserStruct, Free> expat;
  std::optional<Error> failure;
  int depth = 0;
  std::uint64_t total = 0;
};

XmlReader::XmlReader(std::string file_name, XmlHandler* handler)
    : parser_(std::make_unique<Parser>(std::move(file_name), handler)) {}
XmlReader::~XmlReader() = default;

Status XmlReader::feed(std::string_view utf8) {
  return parser_->parse(utf8, false);
}
Status XmlReader::finish() {
  return parser_->parse({}, true);
}
std::uint64_t XmlReader::line() const {
  return parser_->line();
}
std::string XmlReader::place() const {
  return parser_->place();
}

}  // namespace yizhan::exchange
