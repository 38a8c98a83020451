#pragma once
// Inside of config/options: one function per type of value that makes a key table's binding to a
// member.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/option_table.h"
#include "config/option_value.h"
#include "config/time.h"

namespace yizhan {

using Shown = std::vector<std::pair<std::string, std::string>>;
using Check = Status (*)(std::string_view);

/// Nothing for an empty text: that is how "not set" looks, and it could not be read back.
inline Shown shown_unless_empty(std::string text) {
  if (text.empty()) return {};
  return {{"", std::move(text)}};
}

template <class Owner>
Binding<Owner> text(std::string Owner::*member, std::string form, Check check = nullptr) {
  return {[=](Owner& owner, std::string_view, const std::string& value, const PathBase&) -> Status {
            if (check != nullptr) TRY(check(value));
            owner.*member = value;
            return {};
          },
          [=](const Owner& owner) { return shown_unless_empty(owner.*member); }, std::move(form)};
}

/// A text that is shown as "***".
template <class Owner>
Binding<Owner> secret(std::string Owner::*member, std::string form) {
  Binding<Owner> binding = text(member, std::move(form));
  binding.show = [=](const Owner& owner) {
    return shown_unless_empty((owner.*member).empty() ? "" : "***");
  };
  return binding;
}

template <class Owner>
Binding<Owner> path(std::string Owner::*member) {
  return {[=](Owner& owner, std::string_view, const std::string& value,
              const PathBase& base) -> Status {
            TRY_ASSIGN(owner.*member, read_path(value, base));
            return {};
          },
          [=](const Owner& owner) { return shown_unless_empty(owner.*member); }, "path"};
}

template <class Owner>
Binding<Owner> duration(Micros Owner::*member, Micros least, Micros most) {
  return {[=](Owner& owner, std::string_view, const std::string& value, const PathBase&) -> Status {
            TRY_ASSIGN(owner.*member, read_duration(value, least, most));
            return {};
          },
          [=](const Owner& owner) {
            return Shown{{"", format_duration(owner.*member)}};
          },
          "duration, " + format_duration(least) + " to " + format_duration(most)};
}

template <class Owner>
Binding<Owner> integer(int Owner::*member, int least, int most) {
  return {[=](Owner& owner, std::string_view, const std::string& value, const PathBase&) -> Status {
            TRY_ASSIGN(const std::int64_t number, read_integer(value, least, most));
            owner.*member = static_cast<int>(number);
            return {};
          },
          [=](const Owner& owner) {
            return Shown{{"", std::to_string(owner.*member)}};
          },
          "number, " + std::to_string(least) + " to " + std::to_string(most)};
}

template <class Owner>
Binding<Owner> size(std::size_t Owner::*member, std::size_t least, std::size_t most) {
  return {[=](Owner& owner, std::string_view, const std::string& value, const PathBase&) -> Status {
            TRY_ASSIGN(owner.*member, read_size(value, least, most));
            return {};
          },
          [=](const Owner& owner) {
            return Shown{{"", write_size(owner.*member)}};
          },
          "size, " + write_size(least) + " to " + write_size(most)};
}

template <class Value>
using Choices = std::vector<std::pair<std::string_view, Value>>;

/// One of a few words. Every value of the member's type has to be among them.
template <class Owner, class Value>
Binding<Owner> choice(Value Owner::*member, Choices<Value> choices) {
  std::string form;
  for (const auto& [name, value] : choices) form += (form.empty() ? "" : " | ") + std::string(name);
  return {[=](Owner& owner, std::string_view, const std::string& word, const PathBase&) -> Status {
            for (const auto& [name, value] : choices) {
              if (name != word) continue;
              owner.*member = value;
              return {};
            }
            return Error{Code::kInvalid, "\"" + word + "\" is not one of " + form};
          },
          [=](const Owner& owner) {
            for (const auto& [name, value] : choices) {
              if (value == owner.*member) return Shown{{"", std::string(name)}};
            }
            return Shown{};
          },
          form};
}

/// Parts between commas, each of which passes `check`, and at least one.
template <class Owner>
Binding<Owner> list(std::vector<std::string> Owner::*member, std::string form,
                    Check check = nullptr) {
  return {[=](Owner& owner, std::string_view, const std::string& value, const PathBase&) -> Status {
            TRY_ASSIGN(std::vector<std::string> parts, read_list(value));
            for (const std::string& part : parts) {
              if (check != nullptr) TRY(check(part));
            }
            owner.*member = std::move(parts);
            return {};
          },
          [=](const Owner& owner) {
            return Shown{{"", write_list(owner.*member)}};
          },
          std::move(form)};
}

template <class Owner>
Binding<Owner> command(std::vector<std::string> Owner::*member) {
  return {[=](Owner& owner, std::string_view, const std::string& value,
              const PathBase& base) -> Status {
            TRY_ASSIGN(owner.*member, read_command(value, base));
            return {};
          },
          [=](const Owner& owner) { return shown_unless_empty(write_command(owner.*member)); },
          "absolute path and arguments"};
}

}  // namespace yizhan
