// Canonical XML of segments read again, and written as TMX. It may come from another machine, so
// that nothing is taken over unread: a "</seg>" in it must not end our segment.

#include <algorithm>
#include <array>
#include <utility>

#include "exchange/inline_text.h"

namespace yizhan::exchange {
namespace {

constexpr std::size_t kMaxDepth = 32;

class Scanner {
 public:
  explicit Scanner(std::string_view xml) : xml_(xml) {}

  bool scan(std::vector<InlineToken>* tokens) {
    while (at_ < xml_.size()) {
      InlineToken token;
      const bool good = xml_[at_] == '<' ? tag(&token) : text("<", &token.text);
      if (!good) return false;
      tokens->push_back(std::move(token));
    }
    return open_.empty();
  }

 private:
  bool skip(std::string_view what) {
    if (xml_.substr(at_, what.size()) != what) return false;
    at_ += what.size();
    return true;
  }

  /// Decoded up to one of `ends`, or the end.
  bool text(std::string_view ends, std::string* out) {
    static constexpr std::array<std::pair<std::string_view, char>, 8> kReferences = {{
        {"&amp;", '&'},
        {"&lt;", '<'},
        {"&gt;", '>'},
        {"&quot;", '"'},
        {"&apos;", '\''},
        {"&#9;", '\t'},
        {"&#10;", '\n'},
        {"&#13;", '\r'},
    }};
    while (at_ < xml_.size() && ends.find(xml_[at_]) == std::string_view::npos) {
      if (xml_[at_] != '&') {
        *out += xml_[at_++];
        continue;
      }
      const auto* const found =
          std::find_if(kReferences.begin(), kReferences.end(),
                       [&](const auto& reference) { return skip(reference.first); });
      if (found == kReferences.end()) return false;
      *out += found->second;
    }
    return true;
  }

  bool name(std::string* out) {
    const std::size_t end = std::min(xml_.find_first_of(" =<>/\"", at_), xml_.size());
    *out = xml_.substr(at_, end - at_);
    at_ = end;
    return !out->empty();
  }

  bool tag(InlineToken* token) {
    const bool closes = skip("</");
    if (!closes) ++at_;
    if (!name(&token->text)) return false;
    if (closes) {
      token->kind = InlineToken::Kind::kEnd;
      if (open_.empty() || open_.back() != token->text) return false;
      open_.pop_back();
      return skip(">");
    }
    token->kind = InlineToken::Kind::kStart;
    while (skip(" ")) {
      std::pair<std::string, std::string> attribute;
      if (!name(&attribute.first) || !skip("=\"") || !text("\"<", &attribute.second) ||
          !skip("\"")) {
        return false;
      }
      token->attributes.push_back(std::move(attribute));
    }
    open_.push_back(token->text);
    return open_.size() <= kMaxDepth && skip(">");
  }

  std::string_view xml_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
};

struct Element {
  std::string_view name;
  std::string_view as;  ///< in TMX; "" for its tags are left out
  std::array<std::string_view, 4> attributes;
  bool pair = false;  ///< with text: two codes around it, which every tool leaves the text between
};
constexpr std::array<Element, 18> kElements = {{
    {"bpt", "bpt", {"i", "type", "x"}},
    {"ept", "ept", {"i"}},
    {"it", "it", {"pos", "type", "x"}},
    {"ph", "ph", {"assoc", "type", "x"}},
    {"hi", "hi", {"type", "x"}},
    {"ut", "ut", {"x"}},
    {"sub", "sub", {"datatype", "type"}},
    {"g", "bpt", {"i", "type", "x"}, true},
    {"mrk", "bpt", {"i", "type", "x"}, true},
    {"pc", "bpt", {"i", "type", "x"}, true},
    {"x", "ph", {"type", "x"}},
    {"bx", "ph", {"type", "x"}},
    {"ex", "ph", {"type", "x"}},
    {"sc", "ph", {"type", "x"}},
    {"ec", "ph", {"type", "x"}},
    {"sm", "ph", {"type", "x"}},
    {"em", "ph", {"type", "x"}},
    {"cp", "ph", {"type", "x"}},
}};

const Element* element_of(std::string_view name) {
  const auto* const found = std::find_if(kElements.begin(), kElements.end(),
                                         [&](const Element& one) { return one.name == name; });
  return found == kElements.end() ? nullptr : found;
}

bool holds_code(std::string_view tmx_name) {
  return tmx_name != "hi" && tmx_name != "sub" && !tmx_name.empty();
}

class SegWriter {
 public:
  SegWriter(SegFor reader, std::string* out) : reader_(reader), out_(out) {}

  void token(const InlineToken& token) {
    switch (token.kind) {
      case InlineToken::Kind::kText:
        append_xml_text(token.text, out_);
        break;
      case InlineToken::Kind::kStart:
        start(token);
        break;
      case InlineToken::Kind::kEnd: {
        const Open last = std::move(open_.back());
        open_.pop_back();
        *out_ += last.end;
        break;
      }
    }
  }

 private:
  /// <sub> stands only in native code, and nothing else does.
  bool allowed(std::string_view as) const {
    const auto within = std::find_if(open_.rbegin(), open_.rend(),
                                     [](const Open& open) { return !open.as.empty(); });
    const bool in_code = within != open_.rend() && holds_code(within->as);
    return in_code == (as == "sub");
  }

  void start(const InlineToken& token) {
    const Element* const element = element_of(token.text);
    // OmegaT 3.6 leaves out the text of <hi> with its tags.
    const bool keep = element != nullptr && allowed(element->as) &&
                      !(element->as == "hi" && reader_ == SegFor::kOmegat);
    open_.push_back({});
    if (!keep) return;
    (*out_ += '<') += element->as;
    for (const std::string_view name : element->attributes) {
      if (!name.empty()) attribute(*element, token, name);
    }
    *out_ += '>';
    if (element->pair) {
      *out_ += "</bpt>";
      open_.back().end = "<ept i=\"" + std::to_string(unnumbered_.back()) + "\"></ept>";
      unnumbered_.pop_back();
    } else {
      open_.back() = {element->as, "</" + std::string(element->as) + ">"};
    }
  }

  void attribute(const Element& element, const InlineToken& token, std::string_view name) {
    std::string value = value_of(token, name);
    if (element.pair && name == "i") value.clear();
    const bool id_fits = name == "x" || (name == "i" && !element.pair);
    if (value.empty() && id_fits) value = value_of(token, "id");
    if (value.empty() && name == "i") value = pair_number(element.as == "ept");
    if (name == "pos") value = value == "end" || value == "close" ? "end" : "begin";
    if (value.empty() && name == "type" && element.as != element.name) value = element.name;
    if (value.empty()) return;
    ((*out_ += ' ') += name) += "=\"";
    append_xml_attribute(value, out_);
    *out_ += '"';
  }

  static std::string value_of(const InlineToken& token, std::string_view name) {
    for (const auto& [key, value] : token.attributes) {
      if (key == name) return value;
    }
    return {};
  }

  /// For elements that do not say which belongs to which: as they nest.
  std::string pair_number(bool closes) {
    if (!closes) {
      unnumbered_.push_back(++next_);
      return std::to_string(next_);
    }
    if (unnumbered_.empty()) return std::to_string(++next_);
    const int number = unnumbered_.back();
    unnumbered_.pop_back();
    return std::to_string(number);
  }

  struct Open {
    std::string_view as;  ///< "" for what is transparent: left out, or a pair of codes
    std::string end;
  };

  SegFor reader_;
  std::string* out_;
  std::vector<Open> open_;
  std::vector<int> unnumbered_;
  int next_ = 1000;  // above what tools write
};

}  // namespace

std::optional<std::vector<InlineToken>> inline_tokens(std::string_view xml) {
  std::vector<InlineToken> tokens;
  if (!Scanner(xml).scan(&tokens)) return std::nullopt;
  return tokens;
}

void append_tmx_seg(std::string_view plain, std::string_view xml, SegFor reader, std::string* out) {
  const auto tokens = xml.empty() ? std::nullopt : inline_tokens(xml);
  if (!tokens) return append_xml_text(plain, out);
  SegWriter writer(reader, out);
  for (const InlineToken& token : *tokens) writer.token(token);
}

}  // namespace yizhan::exchange
