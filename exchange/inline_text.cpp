#include "exchange/inline_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/limits.h"

namespace yizhan::exchange {
namespace {

// As wire::key_text sees them: those with text of the segment, and those with native code.
constexpr std::array<std::string_view, 5> kWithText = {"g", "hi", "mrk", "pc", "sub"};
constexpr std::array<std::string_view, 13> kWithCode = {"bpt", "bx", "cp", "ec", "em", "ept", "ex",
                                                        "it",  "ph", "sc", "sm", "ut", "x"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Appends runs of plain bytes at once; `replacement` is nullptr for those.
template <class Replacement>
void append_escaped(std::string_view text, Replacement replacement, std::string* out) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char* instead = replacement(text[i]);
    if (instead == nullptr) continue;
    out->append(text.substr(from, i - from)).append(instead);
    from = i + 1;
  }
  out->append(text.substr(from));
}

void append_start_tag(const XmlElement& element, std::string* out) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  for (const char** at = element.attributes(); *at != nullptr; at += 2) {
    sorted.emplace_back(at[0], at[1]);
  }
  std::sort(sorted.begin(), sorted.end());
  (*out += '<') += element.name();
  for (const auto& [name, value] : sorted) {
    // A prefix would have to be declared wherever the segment goes.
    if (name.find(':') != std::string_view::npos || name == "xmlns") continue;
    ((*out += ' ') += name) += "=\"";
    append_xml_attribute(value, out);
    *out += '"';
  }
  *out += '>';
}

}  // namespace

void append_xml_text(std::string_view text, std::string* out) {
  const auto replacement = [](char c) -> const char* {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '\r':
        return "&#13;";
      default:
        return nullptr;
    }
  };
  append_escaped(text, replacement, out);
}

void append_xml_attribute(std::string_view text, std::string* out) {
  const auto replacement = [](char c) -> const char* {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\t':
        return "&#9;";
      case '\n':
        return "&#10;";
      case '\r':
        return "&#13;";
      default:
        return nullptr;
    }
  };
  append_escaped(text, replacement, out);
}

void InlineText::clear() {
  plain_.clear();
  xml_.clear();
  open_.clear();
  code_depth_ = 0;
  has_xml_ = false;
}

bool InlineText::start(const XmlElement& element) {
  const bool code = is_one_of(kWithCode, element.name());
  if (!code && !is_one_of(kWithText, element.name())) {
    open_.push_back({});
    return false;
  }
  if (!std::exchange(has_xml_, true)) append_xml_text(plain_, &xml_);
  append_start_tag(element, &xml_);
  open_.push_back({std::string(element.name()), code});
  if (code) ++code_depth_;
  return true;
}

void InlineText::end() {
  if (open_.empty()) return;
  const Open last = std::move(open_.back());
  open_.pop_back();
  if (last.name.empty()) return;
  ((xml_ += "</") += last.name) += '>';
  if (last.code) --code_depth_;
}

void InlineText::text(std::string_view text) {
  if (code_depth_ == 0) plain_ += text;
  if (has_xml_) append_xml_text(text, &xml_);
}

bool InlineText::over_limit() const {
  return plain_.size() > wire::kMaxUnitTextBytes || xml_.size() > wire::kMaxUnitTextBytes;
}

bool InlineText::blank() const {
  return !has_xml_ && plain_.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace yizhan::exchange
