#include "config/options.h"

#include <algorithm>

#include "config/ini_text.h"
#include "config/option_table.h"

namespace yizhan {

Result<ConfigKind> config_kind(const std::string& path, std::string_view text) {
  TRY_ASSIGN(const IniDocument document, parse_config(path, text));
  const IniSection* const agent = document.find("agent");
  const IniSection* const broker = document.find("broker");
  if (agent != nullptr && broker != nullptr) {
    return ini::error_at(Code::kInvalid, path, std::max(agent->line, broker->line),
                         "[agent] and [broker] in one file; give each daemon its own");
  }
  if (agent != nullptr) return ConfigKind::kAgent;
  if (broker != nullptr) return ConfigKind::kBroker;
  return ini::error_at(Code::kInvalid, path, 1,
                       "neither an [agent] nor a [broker] section; one of them is needed");
}

Error error_of_option(const std::string& path, std::string_view text, std::string_view section,
                      std::string_view key, const Error& error) {
  int line = 1;
  const auto document = parse_config(path, text);
  const IniSection* const found = document.ok() ? document->find(section) : nullptr;
  if (found != nullptr) {
    const IniEntry* const entry = found->find(key);
    line = entry == nullptr ? found->line : entry->line;
  }
  return ini::error_at(error.code, path, line, std::string(key) + ": " + error.message);
}

}  // namespace yizhan
