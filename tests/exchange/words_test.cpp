#include "exchange/words.h"

#include <catch2/catch.hpp>

#include "exchange/properties.h"

using namespace yizhan::exchange;

TEST_CASE("times in all the ways tools write them") {
  CHECK(iso_time("20240305T101500Z") == "2024-03-05T10:15:00Z");
  CHECK(iso_time("20240305T101500") == "2024-03-05T10:15:00Z");
  CHECK(iso_time("2024-03-05T10:15:00Z") == "2024-03-05T10:15:00Z");
  CHECK(iso_time("2024-03-05T10:15:00.123+08:00") == "2024-03-05T02:15:00Z");
  CHECK(iso_time("2024-03-05") == "2024-03-05T00:00:00Z");
  CHECK(iso_time("20240305") == "2024-03-05T00:00:00Z");
  for (const char* bad : {"", "x", "20241305T101500Z", "2024030", "12/31/2023 10:00:00",
                          "20240305T1015Z", "2024030599T101500Z"}) {
    INFO(bad);
    CHECK_FALSE(iso_time(bad));
  }
  CHECK(tmx_time("2024-03-05T10:15:00Z") == "20240305T101500Z");
  CHECK_FALSE(tmx_time("soon"));
}

TEST_CASE("each status of ours that Trados has goes there and back") {
  for (const char* status : {"draft", "translated", "reviewed", "final", "rejected"}) {
    CHECK(status_from_trados(trados_from_status(status)) == status);
  }
  CHECK(trados_from_status("disputed").empty());
  CHECK(status_from_trados("approvedsignoff") == "final");
  CHECK(status_rank("final") > status_rank("reviewed"));
  CHECK(status_rank("rejected") < status_rank("translated"));
  CHECK(status_rank("nonsense") == -1);
}

TEST_CASE("term statuses are mapped in both directions") {
  for (const char* status : {"preferred", "admitted", "deprecated"}) {
    CHECK(term_status_from(tbx_from_term_status(status)) == status);
  }
  CHECK(tbx_from_term_status("forbidden") == "deprecatedTerm-admn-sts");
  CHECK(tbx_from_term_status("proposed").empty());
  CHECK(tbx_from_term_status("").empty());
  CHECK(term_status_from("obsolete") == "deprecated");
}

TEST_CASE("properties are a JSON object and back, with names that come twice") {
  const Properties properties = {{"b", "1"}, {"a", "x\"\\\n\t齿"}, {"b", "2"}, {"", ""}};
  const std::string json = to_json(properties);
  CHECK(json == "{\"b\":[\"1\",\"2\"],\"a\":\"x\\\"\\\\\\n\\u0009齿\",\"\":\"\"}");
  CHECK(to_json(from_json(json)) == json);
  CHECK(to_json({}).empty());
  CHECK(from_json("nonsense").empty());
  CHECK(from_json(std::string(60'000, '[')).empty());
}
