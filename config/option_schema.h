#pragma once
// Inside of config/options: the sections of a configuration file. Each kind of section has a key
// table (option_table.h), whose owner's type ends here.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ini.h"
#include "config/option_table.h"
#include "config/result.h"

namespace yizhan {

/// One kind of section of `Options`, with what the three uses need, and its items' type erased.
template <class Options>
struct Section {
  std::string_view word;
  bool named = false;  ///< [word NAME], any number of them
  std::string_view sentence;
  std::function<Status(const IniSection&, Options&, const ConfigFile&)> read;
  std::function<void(const Options&, std::vector<IniSection>&)> show;
  std::function<std::string()> sample;
};

/// [word], once, whose keys are members of `Options` itself.
template <class Options>
Section<Options> single_section(std::string_view word, std::string_view sentence,
                                std::vector<Option<Options>> table) {
  return {word,
          false,
          sentence,
          [table](const IniSection& section, Options& options, const ConfigFile& file) {
            return read_section(section, table, file, options);
          },
          [word, table](const Options& options, std::vector<IniSection>& sections) {
            IniSection section = show_section(std::string(word), table, options);
            if (!section.entries.empty()) sections.push_back(std::move(section));
          },
          [word, table] { return "[" + std::string(word) + "]\n" + sample_section(table); }};
}

/// [word NAME], any number of times, each an element of the list `items`.
template <class Options, class Item>
Section<Options> named_section(std::string_view word, std::string_view sentence,
                               std::string_view example_name, std::vector<Item> Options::*items,
                               std::vector<Option<Item>> table) {
  return {word,
          true,
          sentence,
          [word, items, table](const IniSection& section, Options& options,
                               const ConfigFile& file) -> Status {
            Item item;
            item.name = section.name.substr(word.size() + 1);
            TRY(read_section(section, table, file, item));
            (options.*items).push_back(std::move(item));
            return {};
          },
          [word, items, table](const Options& options, std::vector<IniSection>& sections) {
            for (const Item& item : options.*items) {
              sections.push_back(show_section(std::string(word) + " " + item.name, table, item));
            }
          },
          [word, example_name, table] {
            return "#[" + std::string(word) + " " + std::string(example_name) + "]\n" +
                   sample_section(table);
          }};
}

template <class Options>
Status read_config(const IniDocument& document, const std::vector<Section<Options>>& schema,
                   const ConfigFile& file, Options& options) {
  for (const IniSection& section : document.sections) {
    const std::size_t space = section.name.find(' ');
    const std::string_view word = std::string_view(section.name).substr(0, space);
    const Section<Options>* kind = nullptr;
    std::vector<std::string_view> known;
    for (const Section<Options>& each : schema) {
      known.push_back(each.word);
      if (each.word == word && each.named == (space != std::string::npos)) kind = &each;
    }
    if (kind == nullptr) return unknown_section(file, section, known);
    TRY(kind->read(section, options, file));
  }
  return {};
}

template <class Options>
std::string show_config(const std::vector<Section<Options>>& schema, const Options& options) {
  std::vector<IniSection> sections;
  for (const Section<Options>& kind : schema) kind.show(options, sections);
  return format_ini(sections);
}

template <class Options>
std::string sample_config(std::string_view introduction,
                          const std::vector<Section<Options>>& schema) {
  std::string text = sample_prose(introduction);
  for (const Section<Options>& kind : schema) {
    text += "\n" + sample_prose(kind.sentence) + kind.sample();
  }
  return text;
}

}  // namespace yizhan
