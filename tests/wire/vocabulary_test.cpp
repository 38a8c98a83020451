#include "wire/vocabulary.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::wire {

TEST_CASE("every word of the envelope reads back to its number") {
  for (int kind = TASK; kind <= RECEIPT; ++kind) CHECK(parse_kind(kind_name(kind)) == kind);
  for (int priority = LOW; priority <= URGENT; ++priority) {
    CHECK(parse_priority(priority_name(priority)) == priority);
  }
  for (int ack = ACK_NONE; ack <= ACK_REPLIED; ++ack) CHECK(parse_ack(ack_name(ack)) == ack);
}

TEST_CASE("a word that is not in the vocabulary is no number") {
  CHECK_FALSE(parse_kind("unknown"));
  CHECK_FALSE(parse_kind("Task"));
  CHECK_FALSE(parse_kind(""));
  CHECK_FALSE(parse_priority("medium"));
  CHECK_FALSE(parse_ack("all"));
}

TEST_CASE("numbers of a newer version have a name instead of undefined behaviour") {
  CHECK(std::string(kind_name(99)) == "unknown");
  CHECK(std::string(kind_name(-1)) == "unknown");
  CHECK(std::string(priority_name(99)) == "unknown");
  CHECK(std::string(ack_name(-5)) == "unknown");
}

TEST_CASE("what was left out has the name of its default") {
  CHECK(std::string(priority_name(PRIORITY_UNSPECIFIED)) == "normal");
  CHECK(std::string(ack_name(ACK_UNSPECIFIED)) == "delivered");
}

TEST_CASE("each kind enters the broker in its own data state") {
  CHECK(std::string(initial_state(TASK)) == "sent");
  CHECK(std::string(initial_state(QUESTION)) == "open");
  CHECK(std::string(initial_state(CHALLENGE)) == "open");
  CHECK(std::string(initial_state(REPLY)) == "answered");
  CHECK(std::string(initial_state(GUIDANCE)) == "published");
  CHECK(std::string(initial_state(COMMAND)) == "issued");
  CHECK(std::string(initial_state(DATA)) == "stored");
  CHECK(std::string(initial_state(STATUS)) == "noted");
  CHECK(std::string(initial_state(RECEIPT)) == "noted");
}

TEST_CASE("the list for error messages names every kind") {
  CHECK(all_kinds() ==
        "task, question, challenge, reply, guidance, command, data, status, receipt");
}

}  // namespace yizhan::wire
