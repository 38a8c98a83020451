#pragma once
// Names that our TBX writer and reader agree on beyond the standard. Inside exchange/ only.

#include <string>

#include "exchange/buffered_output.h"
#include "exchange/properties.h"
#include "exchange/writer.h"

namespace yizhan::exchange {

/// The key of a concept that cannot be an XML id, such as a source term with a space.
inline const std::string kKeyCategory = "yizhanKey";
/// A status that TBX has no word for: forbidden, proposed.
inline const std::string kStatusCategory = "yizhanStatus";
/// "definition@lang:zh-CN": a value that an entry has for one of its languages.
inline const std::string kOfLanguage = "@lang:";

/// TBX-Basic in the style DCA (v3), or the older martif (v2).
class TbxWriter final : public Writer {
 public:
  TbxWriter(bool older, Output* output) : older_(older), out_(output) {}
  Status unit(const wire::Record& record) override;
  Status entry(const wire::Record& concept_record, const std::vector<wire::Record>& terms) override;
  Status finish() override;

 private:
  void header();
  void value(const char* element, std::string_view category, std::string_view text);
  void note(std::string_view text);
  void other(const Properties& properties, const char* usual, std::string_view of_language);
  void transaction(const char* kind, std::string_view who, const std::string& when);
  void language(const std::string& lang, const Properties& of_concept,
                const std::vector<wire::Record>& terms);
  void term(const wire::Record& record);

  bool older_;
  BufferedOutput out_;
  bool begun_ = false;
};

}  // namespace yizhan::exchange
