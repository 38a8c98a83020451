#include "agent/task_file_check.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "agent/task_file_keys.h"
#include "config/nearest.h"
#include "config/printable.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kMostWarnings = 20;

std::string quoted(std::string_view text) {
  return "'" + printable(text, 80) + "'";
}

std::string where(const IniSection& section, std::string_view key) {
  return std::string(key) + " in [" + section.name + "]";
}

/// Walks one document; each step returns at the first thing wrong.
class Check {
 public:
  Check(const IniDocument& document, const std::string& file_name,
        std::vector<std::string>& warnings)
      : document_(document), file_name_(file_name), warnings_(warnings) {}

  Status values() {
    for (const IniSection& section : document_.sections) {
      for (const IniEntry& entry : section.entries) TRY(value(section, entry));
    }
    return {};
  }

  Status lists() {
    for (const IniSection& section : document_.sections) TRY(lists_of(section));
    return {};
  }

  Status required(wire::Kind kind) {
    const IniSection& envelope = document_.sections.front();
    const std::string kind_text = envelope.find("kind")->value;
    for (const std::string_view name : required_keys(kind)) {
      const std::string_view section_name = name.substr(0, name.find('.'));
      const std::string_view key = name.substr(name.find('.') + 1);
      const IniSection* section = document_.find(section_name);
      if (section == nullptr) {
        return fail(envelope.find("kind")->line, "kind " + kind_text + " needs a section [" +
                                                     std::string(section_name) + "] with " +
                                                     list_of_keys(kind, section_name));
      }
      TRY(require(*section, key));
    }
    const IniSection* project = document_.find("project");
    if (project != nullptr) TRY(require(*project, "id"));
    return {};
  }

  Status money() {
    const IniSection* offer = document_.find("offer");
    if (offer == nullptr || find_filled(*offer, "currency") != nullptr) return {};
    for (const char* key : {"rate", "amount"}) {
      const IniEntry* sum = find_filled(*offer, key);
      if (sum != nullptr) {
        return fail(sum->line, std::string(key) +
                                   " in [offer] is a sum without a currency; add "
                                   "currency = and three letters, like CNY");
      }
    }
    return {};
  }

  Status sections(wire::Kind kind) {
    const IniSection* command = document_.find("command");
    if (command != nullptr && kind != wire::COMMAND) {
      return fail(command->line,
                  "only kind command may carry [command]; take it out, or change "
                  "the kind");
    }
    const IniSection* end = document_.find("end");
    if (end != nullptr && !document_.ends_with_end) {
      return fail(end->line, "[end] must be the last section, and empty");
    }
    const IniSection* signature = document_.find("signature");
    if (signature == nullptr) return {};
    const auto after = static_cast<std::size_t>(signature - document_.sections.data()) + 1;
    if (after < document_.sections.size() && document_.sections[after].name != "end") {
      return fail(document_.sections[after].line,
                  "[" + document_.sections[after].name +
                      "] stands behind [signature], which covers only what stands before it; move "
                      "it up");
    }
    return {};
  }

  /// That `section` has `key`, with a value.
  Status require(const IniSection& section, std::string_view key) {
    if (find_filled(section, key) != nullptr) return {};
    std::string what = "[" + section.name + "] needs " + std::string(key) + " = …";
    std::vector<std::string_view> there;
    for (const IniEntry& entry : section.entries) {
      if (find_rule(section.name, entry.key) == nullptr) there.push_back(entry.key);
    }
    const std::string_view nearest = nearest_name(key, there);
    if (!nearest.empty()) {
      what += "; is " + quoted(nearest) + " in line " +
              std::to_string(section.find(nearest)->line) + " meant?";
    }
    return fail(section.line, what);
  }

 private:
  Error fail(int line, const std::string& what, Code code = Code::kInvalid) const {
    return error_at(file_name_, line, what, code);
  }

  Status value(const IniSection& section, const IniEntry& entry) {
    const KeyRule* rule = find_rule(section.name, entry.key);
    if (rule == nullptr) {
      warn_if_misspelt(section, entry);
      return {};
    }
    if (entry.value.empty()) return {};
    const auto wrong = wrong_value(*rule, entry.value);
    if (wrong) return fail(entry.line, where(section, entry.key) + ": " + *wrong);
    return {};
  }

  void warn_if_misspelt(const IniSection& section, const IniEntry& entry) {
    if (warnings_.size() >= kMostWarnings || as_list_key(entry.key)) return;
    const std::string_view nearest = nearest_name(entry.key, known_keys(section.name));
    if (nearest.empty() || section.find(nearest) != nullptr) return;
    warnings_.push_back(file_name_ + ":" + std::to_string(entry.line) + ": " +
                        where(section, entry.key) +
                        " is not known and is relayed as it is; did "
                        "you mean \"" +
                        std::string(nearest) + "\"?");
  }

  struct Numbered {
    std::string_view list;
    std::size_t number;
    const IniEntry* entry;
    bool is_item;
  };

  /// Items come sorted by list and number, each item before its parts.
  Status lists_of(const IniSection& section) {
    std::vector<Numbered> found;
    for (const IniEntry& entry : section.entries) {
      const auto key = as_list_key(entry.key);
      if (!key || !is_list(section.name, key->list)) continue;
      if (key->number == 0) {
        return fail(entry.line, where(section, entry.key) +
                                    ": items are numbered 1, 2, 3 …, without leading zeros");
      }
      if (key->number > wire::kMaxListItems) {
        return fail(entry.line,
                    where(section, entry.key) + ": a list has at most " +
                        std::to_string(wire::kMaxListItems) + " items",
                    Code::kLimit);
      }
      found.push_back({key->list, key->number, &entry, key->part.empty()});
    }
    std::sort(found.begin(), found.end(), [](const Numbered& a, const Numbered& b) {
      if (a.list != b.list) return a.list < b.list;
      return a.number != b.number ? a.number < b.number : a.is_item && !b.is_item;
    });
    std::size_t last = 0;  // number of the item before
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Numbered& one = found[i];
      if (i > 0 && found[i - 1].list != one.list) last = 0;
      if (one.is_item ? one.number == last + 1 : one.number == last) {
        last = one.number;
        continue;
      }
      const std::size_t missing = one.is_item ? last + 1 : one.number;
      return fail(one.entry->line, where(section, one.entry->key) + " has no " +
                                       std::string(one.list) + "." + std::to_string(missing) +
                                       "; number a list from 1 without holes");
    }
    return {};
  }

  static std::string list_of_keys(wire::Kind kind, std::string_view section) {
    std::string list;
    for (const std::string_view name : required_keys(kind)) {
      if (name.substr(0, name.find('.')) != section) continue;
      list += (list.empty() ? "" : ", ") + std::string(name.substr(name.find('.') + 1));
    }
    return list;
  }

  const IniDocument& document_;
  const std::string& file_name_;
  std::vector<std::string>& warnings_;
};

/// The claim of item N of a list, if the file is to lie beside the task file.
std::optional<AttachmentClaim> claim_of(const IniSection& section, const std::string& item) {
  const IniEntry* name = find_filled(section, item);
  if (name == nullptr || find_filled(section, item + ".ref") != nullptr) return std::nullopt;
  AttachmentClaim claim;
  claim.name = name->value;
  claim.line = name->line;
  const IniEntry* size = find_filled(section, item + ".size");
  if (size != nullptr) claim.size = std::stoull(size->value);  // digits, and few enough
  const IniEntry* hash = find_filled(section, item + ".sha256");
  if (hash != nullptr) {
    std::string hex = hash->value;
    std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    claim.sha256 = sha256_from_hex(hex);
  }
  return claim;
}

}  // namespace

Error error_at(const std::string& file_name, int line, const std::string& what, Code code) {
  return {code, file_name + ":" + std::to_string(line) + ": " + what};
}

const IniEntry* find_filled(const IniSection& section, std::string_view key) {
  const IniEntry* entry = section.find(key);
  return entry == nullptr || entry->value.empty() ? nullptr : entry;
}

Status check_envelope(const IniSection& envelope, const std::string& file_name) {
  const IniDocument none;
  std::vector<std::string> ignored;
  Check check(none, file_name, ignored);
  for (const char* key : {"version", "kind", "id", "created", "recipient"}) {
    TRY(check.require(envelope, key));
  }
  const IniEntry& version = *envelope.find("version");
  if (version.value != "1") {
    return error_at(file_name, version.line,
                    "version " + quoted(version.value) +
                        " is not known; this program reads "
                        "version = 1");
  }
  const IniEntry& kind = *envelope.find("kind");
  const auto wrong = wrong_value(*find_rule("yizhan", "kind"), kind.value);
  if (wrong) return error_at(file_name, kind.line, where(envelope, "kind") + ": " + *wrong);
  return {};
}

Status check_vocabulary(const IniDocument& document, wire::Kind kind, const std::string& file_name,
                        std::vector<std::string>& warnings) {
  Check check(document, file_name, warnings);
  TRY(check.values());
  TRY(check.lists());
  TRY(check.required(kind));
  TRY(check.money());
  return check.sections(kind);
}

Result<std::vector<AttachmentClaim>> collect_claims(const IniDocument& document,
                                                    const std::string& file_name) {
  struct List {
    const char* section;
    const char* name;
  };
  std::vector<AttachmentClaim> claims;
  for (const List& list : {List{"files", "file"}, List{"question", "attach"}}) {
    const IniSection* section = document.find(list.section);
    if (section == nullptr) continue;
    for (const IniEntry& entry : section->entries) {
      const auto key = as_list_key(entry.key);
      if (!key || key->list != list.name || !key->part.empty()) continue;
      auto claim = claim_of(*section, entry.key);
      if (!claim) continue;
      if (claim->size > wire::kMaxAttachmentBytes) {  // an absent size is less than any
        return error_at(file_name, claim->line,
                        quoted(claim->name) + " is larger than the limit of " +
                            std::to_string(wire::kMaxAttachmentBytes) + " bytes",
                        Code::kLimit);
      }
      const auto known = std::find_if(claims.begin(), claims.end(),
                                      [&](const auto& one) { return one.name == claim->name; });
      if (known == claims.end()) {
        claims.push_back(std::move(*claim));
      } else if ((known->sha256 && claim->sha256 && known->sha256 != claim->sha256) ||
                 (known->size && claim->size && known->size != claim->size)) {
        return error_at(file_name, claim->line,
                        quoted(claim->name) + " is described in another way in line " +
                            std::to_string(known->line) + "; give two files two names");
      }
    }
  }
  return claims;
}

}  // namespace yizhan::agent
