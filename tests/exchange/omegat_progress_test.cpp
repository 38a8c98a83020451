// How far a translator is, when he has exported, and who he is.

#include <catch2/catch.hpp>

#include "exchange/omegat_delivery.h"
#include "exchange/omegat_stats.h"
#include "exchange/omegat_users.h"

using namespace yizhan;
using namespace yizhan::exchange;

namespace {

// As OmegaT 3.6 writes it, in German, from a console-mode run.
const std::string kStats =
    "23.11.26, 10:13\nProjektstatistik\n\n"
    "                 \tSegmente\tWörter\tZeichen\tZeichen mit\tDateien\t\n"
    "Gesamt:           \t       3\t   14\t                         59\t  70\t     1\t\n"
    "Verbleibend:       \t       2\t   10\t                         39\t 47\t     1\t\n"
    "Eindeutig:          \t       3\t   14\t                         59\t 70\t     1\t\n"
    "Eindeutig übrig:\t       2\t   10\t                         39\t    47\t     1\t\n\n\n"
    "a.txt    \t  3\t   2\t   3\t   2\t   14\t   10\t   14\t   10\t   59\t  39\t 59\t 39\t 70\t "
    "47\t"
    " 70\t 47\t\n";

}  // namespace

TEST_CASE("progress is read by position, whatever the language of its words") {
  const auto progress = parse_omegat_stats(kStats);
  REQUIRE(progress.ok());
  CHECK(progress->segments == 3);
  CHECK(progress->segments_left == 2);
  CHECK(progress->words == 14);
  CHECK(progress->words_left == 10);
  CHECK(progress->characters_left == 39);
  CHECK(progress->unique_segments_left == 2);
  CHECK(progress->percent() == 33);
  for (const char* text :
       {"", "no table", "a\t1\t2\t3\t4\nb\t2\t2\t3\t4\nc\t1\t2\t3\t4\nd\t1\t2\t3\t4\n",
        "a\t1\t2\t3\t4\n"}) {
    INFO(text);
    CHECK_FALSE(parse_omegat_stats(text).ok());
  }
}

TEST_CASE("an export is finished two seconds after the last document was written") {
  DeliveryWatch watch;
  const Steady start = Steady(std::chrono::hours(1));
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  watch.target_changed(at(0));
  CHECK(watch.due() == Steady::max());
  watch.export_closed(at(100));
  CHECK_FALSE(watch.take_finished(at(2'099)));
  watch.target_changed(at(1'000));  // a second file was still on its way
  CHECK_FALSE(watch.take_finished(at(2'999)));
  CHECK(watch.due() == at(3'000));
  CHECK(watch.take_finished(at(3'000)));
  CHECK_FALSE(watch.take_finished(at(9'000)));
  CHECK(watch.due() == Steady::max());
}

TEST_CASE("names of authors become users") {
  OmegatUsers users("li.wei", "liwei");
  REQUIRE(users.add("wf = wang.fang, ACME\\zm=zhang.min").ok());
  CHECK(users.user_of("liwei") == "li.wei");
  CHECK(users.user_of("") == "li.wei");
  CHECK(users.user_of("WF") == "wang.fang");
  CHECK(users.user_of("ACME\\wf") == "wang.fang");
  CHECK(users.user_of("ACME\\zm") == "zhang.min");
  CHECK(users.user_of("OTHER\\zm") == "OTHER\\zm");
  CHECK_FALSE(users.add("a=").ok());
  CHECK_FALSE(users.add("a").ok());
  CHECK_FALSE(users.add("a=b, A=c").ok());
  CHECK(users.add("").ok());
}
