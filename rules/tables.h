#pragma once
// All instruction tables of a broker: what `yizhan rules apply` puts in force, as a whole.

#include <functional>
#include <map>
#include <string>

#include "rules/match.h"
#include "rules/text_template.h"

namespace yizhan::rules {

/// Immutable: safe to use from several threads.
struct Tables {
  Table data_state;
  Table activation;
  Table preset;
  std::map<std::string, TextTemplate, std::less<>> templates;  ///< by name, without the built-in

  std::size_t rows() const {
    return data_state.rows().size() + activation.rows().size() + preset.rows().size();
  }
};

}  // namespace yizhan::rules
