#include "wire/vocabulary.h"

#include <array>
#include <cstddef>

namespace yizhan::wire {

namespace {

/// Each table is indexed by the number on the wire; 0 is never a word.
constexpr std::array<const char*, 12> kKinds = {"unknown", "task",     "question", "challenge",
                                                "reply",   "guidance", "command",  "data",
                                                "status",  "receipt",  "unit",     "term"};
constexpr std::size_t kWritableKinds = 10;  // those behind are the broker's own
constexpr std::array<const char*, 12> kInitialStates = {
    "stored", "sent",   "open",  "open",  "answered", "published",
    "issued", "stored", "noted", "noted", "stored",   "stored"};
constexpr std::array<const char*, 5> kPriorities = {"normal", "low", "normal", "high", "urgent"};
constexpr std::array<const char*, 6> kAcks = {"delivered", "none",     "delivered",
                                              "opened",    "accepted", "replied"};

template <class Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<const char*, N>& words, std::string_view word) {
  for (std::size_t i = 1; i < N; ++i) {
    if (word == words[i]) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <std::size_t N>
const char* word_at(const std::array<const char*, N>& words, int number, const char* otherwise) {
  if (number < 0 || static_cast<std::size_t>(number) >= N) return otherwise;
  return words[static_cast<std::size_t>(number)];
}

}  // namespace

std::optional<Kind> parse_kind(std::string_view word) {
  const auto kind = find_word<Kind>(kKinds, word);
  return kind && is_writable(*kind) ? kind : std::nullopt;
}

std::optional<Priority> parse_priority(std::string_view word) {
  return find_word<Priority>(kPriorities, word);
}

std::optional<Ack> parse_ack(std::string_view word) {
  return find_word<Ack>(kAcks, word);
}

const char* kind_name(int kind) {
  return word_at(kKinds, kind, "unknown");
}

const char* priority_name(int priority) {
  return word_at(kPriorities, priority, "unknown");
}

const char* ack_name(int ack) {
  return word_at(kAcks, ack, "unknown");
}

const std::string& all_kinds() {
  static const std::string list = [] {
    std::string text;
    for (std::size_t i = 1; i < kWritableKinds; ++i) {
      if (i > 1) text += ", ";
      text += kKinds[i];
    }
    return text;
  }();
  return list;
}

bool is_writable(int kind) {
  return kind > 0 && static_cast<std::size_t>(kind) < kWritableKinds;
}

bool is_job_word(std::string_view word) {
  return word == "approved" || word == "closed" || word == "rework";
}

const char* initial_state(int kind) {
  return word_at(kInitialStates, kind, "stored");
}

}  // namespace yizhan::wire
