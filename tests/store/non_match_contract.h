#pragma once
// What the store of non-matches must do on every database. Included by server_store_contract.h.

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "store/non_matches.h"
#include "tests/store/checks.h"
#include "tests/store/server_fixtures.h"

namespace yizhan::store {

TEMPLATE_TEST_CASE("of each row the newest kNonMatchesKept non-matches are kept", "[server]",
                   STORE_FIXTURES) {
  ServerOn<TestType> t;
  const auto made = [](const std::string& rule, std::int64_t number) {
    return NonMatch{rule, number, 100 + number, 2, 1000 + number, "when.priority = 紧急"};
  };
  NonMatchStore first(*t.db);
  CHECK(take(first.numbers()).empty());
  for (std::int64_t number = 1; number <= kNonMatchesKept + 3; ++number) {
    take(first.put(made("urgent", number)));
  }
  take(first.put(made("preset/offer", 7)));
  t.restart();
  NonMatchStore store(*t.db);
  const auto kept = take(store.of_rule("urgent"));
  REQUIRE(kept.size() == static_cast<std::size_t>(kNonMatchesKept));
  CHECK(kept.front() == made("urgent", kNonMatchesKept + 3));
  CHECK(kept.back() == made("urgent", 4));
  CHECK(take(store.of_rule("offer")).empty());
  CHECK(take(store.numbers()) ==
        std::map<std::string, std::int64_t>{{"preset/offer", 7}, {"urgent", kNonMatchesKept + 3}});
  take(store.clear());
  CHECK(take(store.of_rule("urgent")).empty());
}

}  // namespace yizhan::store
