#include "cli/audit.h"

#include <catch2/catch.hpp>
#include <vector>

namespace yizhan::cli {
namespace {

/// A broker that gives `pages` one after the other, and keeps what it was asked.
struct Broker {
  std::vector<Json> pages;
  std::vector<Json> asked;
  Result<Json> follow(const std::string& noted = "") {
    return follow_audit(noted, [this](const Json& question) -> Result<Json> {
      asked.push_back(question);
      REQUIRE(asked.size() <= pages.size());
      return pages[asked.size() - 1];
    });
  }
};

TEST_CASE("a chain is followed page by page, each from where the last one ended") {
  Broker broker{{{{"rows", 500}, {"head", "aa"}, {"next", true}}, {{"rows", 720}, {"head", "bb"}}},
                {}};
  const auto found = broker.follow();
  REQUIRE(found.ok());
  CHECK(format_view(*found, {}) == "whole  yes\nrows   720\nhead   bb\n");
  CHECK(broker.asked == std::vector<Json>{Json::object(), {{"after", 500}, {"head", "aa"}}});
}

TEST_CASE("the first row that does not fit ends it, and why is shown") {
  Broker broker{{{{"rows", 500}, {"head", "aa"}, {"next", true}},
                 {{"broken", 612}, {"why", "it was changed"}, {"rows", 611}, {"head", "bb"}}},
                {}};
  const auto found = broker.follow();
  REQUIRE(found.ok());
  CHECK(format_view(*found, {}) ==
        "whole   no\nrows    611\nhead    bb\nbroken  612\nwhy     it was changed\n");
}

TEST_CASE("a noted head has to be in the log, on whichever page") {
  Broker has{{{{"rows", 500}, {"head", "aa"}, {"noted", 7}, {"next", true}},
              {{"rows", 501}, {"head", "bb"}}},
             {}};
  const auto found = has.follow("cc");
  REQUIRE(found.ok());
  CHECK((*found)["whole"] == true);
  CHECK((*found)["noted"] == 7);
  CHECK(has.asked[1]["noted"] == "cc");

  Broker lost{{{{"rows", 3}, {"head", "aa"}}}, {}};
  const auto cut = lost.follow("cc");
  REQUIRE(cut.ok());
  CHECK((*cut)["whole"] == false);
  CHECK_THAT((*cut)["why"].get<std::string>(), Catch::Contains("no row has the noted hash"));
}

TEST_CASE("that the noted row may have been removed with its age is said where rows were removed") {
  Broker broker{{{{"rows", 600}, {"head", "aa"}, {"purged", 100}}}, {}};
  const auto found = broker.follow("cc");
  REQUIRE(found.ok());
  CHECK((*found)["whole"] == false);
  CHECK_THAT((*found)["why"].get<std::string>(),
             Catch::Contains("audit_retention") && Catch::Contains("up to 100"));
}

TEST_CASE("a broker that does not go on is not asked for ever, and its errors are passed on") {
  Broker stuck{{{{"rows", 500}, {"head", "aa"}, {"next", true}},
                {{"rows", 500}, {"head", "aa"}, {"next", true}}},
               {}};
  const auto found = stuck.follow();
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == Code::kCorrupt);
  const auto away = follow_audit("", [](const Json&) -> Result<Json> {
    return Error{Code::kUnavailable, "away"};
  });
  REQUIRE_FALSE(away.ok());
  CHECK(away.error().code == Code::kUnavailable);
}

}  // namespace
}  // namespace yizhan::cli
