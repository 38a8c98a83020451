#pragma once
// XML for the readers. expat is used only behind this class.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

/// Elements within elements; one more is an error.
inline constexpr int kMaxXmlDepth = 64;
/// One tag, comment or processing instruction: expat has to hold it whole.
inline constexpr std::size_t kMaxXmlMarkupBytes = 256 * 1024;

/// A start tag, valid during the call that hands it over.
class XmlElement {
 public:
  XmlElement(const char* name, const char** attributes);
  /// Without its prefix: tools do not agree on namespaces, so that names alone tell.
  std::string_view name() const { return local_; }
  /// With its prefix, as written.
  std::string_view full_name() const { return full_; }
  /// As written, with its prefix ("xml:lang"); "" if there is none.
  std::string_view attribute(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Name, value, name, value, …, nullptr.
  const char** attributes() const { return attributes_; }

 private:
  std::string_view full_;
  std::string_view local_;
  const char** attributes_;
};

class XmlReader;

/// What a format does with the pieces. An error ends the reading and is returned by feed() as it
/// is.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual Status start(const XmlElement& element) = 0;
  virtual Status end(std::string_view name) = 0;   ///< without its prefix
  virtual Status text(std::string_view text) = 0;  ///< in pieces; CDATA too
};

/// Opens nothing, expands nothing but the five entities of XML itself and character references: a
/// document type with declarations in the file, and any other entity, is an error (kInvalid). A
/// DOCTYPE that only names a file is passed over.
class XmlReader {
 public:
  /// `handler` must outlive it.
  XmlReader(std::string file_name, XmlHandler* handler);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  /// UTF-8, whatever the declaration says. Errors name FILE:LINE.
  Status feed(std::string_view utf8);
  /// There is no more. kInvalid if the document is not whole.
  Status finish();

  /// Of what is being handed over.
  std::uint64_t line() const;
  /// "FILE:LINE".
  std::string place() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace yizhan::exchange
