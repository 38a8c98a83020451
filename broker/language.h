#pragma once
// Which of our two languages a reader gets.

#include <string_view>

namespace yizhan::broker {

enum class Language { kEnglish, kChinese };

/// "en" and "zh": in links.
const char* language_code(Language language);

/// By the query of `target` ("…?lang=zh"), else by Accept-Language with its q-values, else English.
/// Whatever cannot be read is ignored.
Language choose_language(std::string_view target, std::string_view accept_language);

}  // namespace yizhan::broker
