#pragma once
// Names of languages as files write them, and whether one belongs to another.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace yizhan::exchange {

/// BCP 47 in its canonical form: "EN_us" and "eng-US" are en-US, "zh-Hans-CN" is zh-CN, "chi" is
/// zh. Empty if it names no language.
std::optional<std::string> canonical_language(std::string_view text);

/// How well a text in one language serves where another is wanted.
enum class Fit {
  kNo,     ///< another language, script or region: zh-TW is not zh-CN, en-GB is not en-US
  kLoose,  ///< less exact on one side: zh, zh-Hans for zh-CN; zh-CN for zh
  kExact,
};
/// Both canonical.
Fit language_fit(const std::string& wanted, const std::string& language);

/// The same few names come once or twice a unit: each is worked out once.
class LanguageCache {
 public:
  /// As canonical_language. The value lives as long as the cache.
  const std::optional<std::string>& canonical(std::string_view text);
  Fit fit(const std::string& wanted, const std::string& language);

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> canonical_;
  std::map<std::pair<std::string, std::string>, Fit> fits_;
  std::optional<std::string> beyond_;  ///< when a file has more names than anybody needs
};

}  // namespace yizhan::exchange
