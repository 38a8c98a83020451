#pragma once
// One <trans-unit> or <unit> as it stands in an XLIFF file. Inside exchange/ only.

#include <deque>
#include <string>
#include <string_view>

#include "exchange/inline_text.h"
#include "wire/history.h"

namespace yizhan::exchange {

struct XliffSegment {
  std::string id;  ///< of the piece or segment; "" if the unit is one
  InlineText source;
  InlineText target;
  std::string status;  ///< ours; "" if the file says nothing
  std::string origin;  ///< human, tm, mt or ""
  std::string author, created, changer, changed;
};

struct XliffUnit {
  void start(const XmlElement& element);
  /// 2.x.
  void start_segment(const XmlElement& element);
  /// 1.2: state and state-qualifier of the <target>.
  void take_state(const XmlElement& target);
  /// The piece of that name, made when it first comes.
  XliffSegment& piece(std::string_view mid);
  void start_sdl_segment(const XmlElement& element);
  void take_sdl_value(std::string_view key, const std::string& text);
  void add_note(const std::string& text);
  InlineText& source() { return current().source; }
  InlineText& target() { return current().target; }
  /// All has come: `segments` are those that count. (Texts stand before their states in Trados'
  /// files, so that only now all is known.)
  void finish();

  std::string id;
  bool translate = true;
  std::string note;
  /// Their addresses stay: text is being appended to one while others are made.
  std::deque<XliffSegment> segments;
  InlineText between;  ///< what stands between the pieces of a <seg-source>: white space

 private:
  XliffSegment& current();

  XliffSegment whole_;
  std::string sdl_mid_;
  bool pieces_ = false;     ///< of 1.2
  bool segmented_ = false;  ///< of 2.x
  bool sdl_ = false;
};

/// Without languages, status and file, which the unit does not know.
wire::Record xliff_record(const XliffUnit& unit, const XliffSegment& segment);

}  // namespace yizhan::exchange
