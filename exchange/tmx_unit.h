#pragma once
// One <tu> as it stands in a TMX file, and the records it gives. Inside exchange/ only.

#include <optional>
#include <string>
#include <vector>

#include "exchange/inline_text.h"
#include "exchange/properties.h"
#include "wire/history.h"

namespace yizhan::exchange {

/// Attributes that <tu> and <tuv> both have. Times are ISO 8601 already.
struct TmxHistory {
  std::string author, created, changer, changed, usage;
  void clear() { *this = {}; }
};

struct TmxVariant {
  std::string lang;  ///< canonical
  InlineText seg;
  bool has_seg = false;
  TmxHistory history;
  std::string note;
  Properties properties;
  void clear();
};

struct TmxUnit {
  std::string id;           ///< tuid
  std::string source_lang;  ///< canonical; empty: any ("*all*")
  TmxHistory history;
  std::string note;
  Properties properties;
  std::vector<TmxVariant> variants;  ///< the first `used` count; the others keep their memory
  std::size_t used = 0;
  void clear();
};

/// Adds a note to those there are, once.
void add_note(std::string* notes, std::string_view note);

/// The record for one pair of variants; the languages are those it shall have.
wire::Record tmx_record(const TmxUnit& unit, const TmxVariant& source, const TmxVariant& target,
                        const std::string& source_lang, const std::string& target_lang);

/// Properties that say what a variant of the unit had, not the unit.
inline constexpr std::string_view kOfSource = "@source:";
inline constexpr std::string_view kOfTarget = "@target:";

}  // namespace yizhan::exchange
