#pragma once
// The content of a segment: plain text, and XML when there are inline elements.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/xml.h"

namespace yizhan::exchange {

/// Appends `text` so that an XML parser reads it back: &, <, >, quotes where they matter and CR.
void append_xml_text(std::string_view text, std::string* out);
void append_xml_attribute(std::string_view text, std::string* out);

/// Takes the pieces of one <seg>, <source> or <target>. The XML is canonical: attributes by name,
/// never <x/> but <x></x>, so that the same content is the same bytes. Elements that are no inline
/// element of TMX or XLIFF lose their tags and keep their text.
class InlineText {
 public:
  /// For the next segment; the memory is kept.
  void clear();
  /// False if the element is none of ours: its text counts, its tag does not.
  bool start(const XmlElement& element);
  /// For each start(), in order.
  void end();
  /// Every start() has had its end().
  bool at_top() const { return open_.empty(); }
  void text(std::string_view text);

  /// What a person reads: without native code, with the text of <hi>, <g>, <mrk> and <pc>.
  const std::string& plain() const { return plain_; }
  /// "" if there are no inline elements.
  const std::string& xml() const { return xml_; }
  bool over_limit() const;
  /// Neither text nor elements.
  bool blank() const;

 private:
  struct Open {
    std::string name;  ///< "" for an element that was left out
    bool code = false;
  };
  std::string plain_;
  std::string xml_;
  std::vector<Open> open_;
  int code_depth_ = 0;
  bool has_xml_ = false;
};

/// One step through canonical XML.
struct InlineToken {
  enum class Kind { kText, kStart, kEnd } kind = Kind::kText;
  std::string text;  ///< decoded text, or the element's name
  std::vector<std::pair<std::string, std::string>> attributes;
};
/// Empty if it is not what InlineText makes: well-formed, of known elements, not too deep.
std::optional<std::vector<InlineToken>> inline_tokens(std::string_view xml);

/// Who shall read a segment that is written.
enum class SegFor { kAnybody, kOmegat };
/// The same content as TMX 1.4 allows it in a <seg>: <g> and its like as a pair of <bpt> and <ept>,
/// <x> as <ph>, no unknown attribute, <bpt> and <ept> with their `i`; the key (wire::key_text)
/// stays the same. For OmegaT <hi> without its tags. Plain text if `xml` is empty or not ours.
void append_tmx_seg(std::string_view plain, std::string_view xml, SegFor reader, std::string* out);

}  // namespace yizhan::exchange
