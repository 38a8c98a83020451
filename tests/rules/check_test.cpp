#include "rules/check.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "rules/parse.h"

namespace yizhan::rules {
namespace {

using Lines = std::vector<std::string>;

Tables tables_of(const std::string& text) {
  auto parsed = parse_tables(text, "r.ini");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return *std::move(parsed.tables);
}

Lines findings(const std::string& text, const CheckOptions& options = {}) {
  Lines lines;
  for (const Finding& finding : check(tables_of(text), options)) {
    lines.push_back(format_finding(finding));
  }
  return lines;
}

// What is said about one row with these conditions.
Lines about(const std::string& conditions) {
  return findings("[data-state r]\n" + conditions + "do.1 = resend\n");
}

}  // namespace

TEST_CASE("tables in order have no findings") {
  CHECK(findings("").empty());
  CHECK(findings("[data-state a]\nwhen.kind = question\nwhen.state = open\n"
                 "do.1 = send recipient=role:pm template=forward\ndo.2 = set_state state=routed\n"
                 "[data-state b]\norder = 200\nwhen.kind = question\nunless.kind = task\n"
                 "do.1 = probe recipient=${sender} preset=p template=t link=yes\n"
                 "max_fires = 1\n"
                 "[preset p]\nexpect = opened\nduration = 2h\non_expire.1 = resend\n"
                 "[template t]\ntext.en = hello\n")
            .empty());
}

TEST_CASE("a row that can never match is found, with the line of what is in its way") {
  CHECK(about("when.kind = qu*x\n") ==
        Lines{"r.ini:2: [data-state r] can never match: when.kind = qu*x never holds"});
  CHECK(about("when.kind = missing\n").size() == 1);
  CHECK(about("when.kind = task\nunless.kind = task\n") ==
        Lines{"r.ini:3: [data-state r] can never match: when.kind = task and "
              "unless.kind = task never hold together"});
  for (const char* never :
       {"when.a.b = x | y\nunless.a.b = x | y | z\n",
        "when.a.b = x\nunless.a.b = exists\n",
        "when.a.b = exists\nunless.a.b = exists\n",
        "when.a.b = missing\nunless.a.b = missing\n",
        "when.a.b = x1\nunless.a.b = x*\n",
        "when.a.b = x*\nunless.a.b = x*\n",
        "when.a.b = ~ ^x\nunless.a.b = exists\n",
        "when.a.b = ~ ^x\nunless.a.b = ~ ^x\n",
        "when.a.b = !x\nunless.a.b = !x\n",
        "when.a.b = missing\nunless.a.b = !x\n",
        "when.a.b = >= 10\nunless.a.b = > 5\n",
        "when.a.b = 1 .. 5\nunless.a.b = 1 .. 5\n",
        "when.a.b = > 5\nunless.a.b = >= 5\n",
        "when.a.b = 2h .. 3h\nunless.a.b = < 1d\n",
        "when.a.b = 7\nunless.a.b = >= 5\n",
        "unless.kind = !task\nwhen.kind = question\n",
        "unless.kind = task | question | challenge | reply | guidance | command | data | status | "
        "receipt | unit | term\n",
        "when.flag = a | b\nunless.flag = b | a\n",
        "when.sender.role = pm\nunless.sender.role = pm\n",
        "when.flag = !a\nunless.flag = !a\n",
        "when.fires = >= 1\n",
        "when.fires = 2\n",
        "unless.fires = 0\n",
        "when.id = missing\n",
        "when.signed = missing\n"}) {
    INFO(never);
    const Lines lines = about(never);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Contains(" can never match: "));
  }
}

TEST_CASE("a row that may match is left alone") {
  for (const char* may :
       {"when.a.b = x | y\nunless.a.b = x\n", "when.a.b = exists\nunless.a.b = x\n",
        "when.a.b = >= 5\nunless.a.b = > 5\n", "when.a.b = >= 5\nunless.a.b = >= 10\n",
        "when.a.b = >= 5\nunless.a.b = < 2h\n", "when.a.b = x*\nunless.a.b = xy*\n",
        "when.a.b = !x\nunless.a.b = y\n", "unless.a.b = exists\n", "when.kind = t*\n",
        "when.a.b = ~ ^x\nunless.a.b = ~ ^y\n", "when.flag = a | b\nunless.flag = b\n",
        "when.fires = < 3\n", "when.fires = 0\n", "when.time_to_due = < 0s\n",
        "when.state = changed a -> b\nunless.state = a\n", "when.progress = missing\n",
        "when.a.b = missing\nunless.a.b = x\n",
        "when.state = changed\nunless.state = changed a -> b\n"}) {
    INFO(may);
    CHECK(about(may) == Lines{});
  }
}

TEST_CASE("a row behind a stop that matches all that it matches is never asked") {
  CHECK(findings("[data-state first]\nwhen.kind = question | task\nstop = yes\ndo.1 = resend\n"
                 "[data-state second]\nwhen.kind = question\nwhen.a.b = x\ndo.1 = resend\n") ==
        Lines{"r.ini:5: warning: [data-state second] is never asked: first (r.ini:1) comes before "
              "it, matches all that it matches, and has stop = yes; give it a smaller order, or "
              "take the stop away"});
  const auto is_hidden = [](const std::string& first, const std::string& second) {
    return !findings("[data-state a]\nstop = yes\n" + first + "do.1 = resend\n[data-state b]\n" +
                     second + "do.1 = resend\n")
                .empty();
  };
  CHECK(is_hidden("", ""));
  CHECK(is_hidden("when.a.b = exists\n", "when.a.b = x\n"));
  CHECK(is_hidden("when.a.b = exists\n", "when.a.b = >= 3\n"));
  CHECK(is_hidden("when.a.b = x*\n", "when.a.b = x1 | x2\n"));
  CHECK(is_hidden("when.a.b = >= 3\n", "when.a.b = 4 .. 5\n"));
  CHECK(is_hidden("when.a.b = !x\n", "unless.a.b = x | y\n"));
  CHECK(is_hidden("unless.a.b = x\n", "when.a.b = y\n"));
  CHECK(is_hidden("unless.a.b = x\n", "when.a.b = y*\n"));
  CHECK(is_hidden("when.flag = a | b\n", "when.flag = a\n"));
  CHECK(is_hidden("when.a.b = ~ x\n", "when.a.b = ~ x\nwhen.c.d = y\n"));
  CHECK_FALSE(is_hidden("when.a.b = x\n", ""));
  CHECK_FALSE(is_hidden("when.a.b = x\n", "when.a.b = x | y\n"));
  CHECK_FALSE(is_hidden("when.a.b = x\n", "when.c.d = x\n"));
  CHECK_FALSE(is_hidden("when.a.b = >= 3\n", "when.a.b = >= 2\n"));
  CHECK_FALSE(is_hidden("when.flag = a\n", "when.flag = a | b\n"));
  CHECK_FALSE(is_hidden("when.fires = 0\n", "when.fires = 0\n"));
  CHECK_FALSE(is_hidden("order = 200\n", ""));
  CHECK_FALSE(is_hidden("enabled = no\n", ""));
  CHECK_FALSE(is_hidden("enabled = shadow\n", ""));
  CHECK_FALSE(is_hidden("unless.a.b = x\n", "when.a.b = x*\n"));
}

TEST_CASE("names of nothing are errors with the nearest name") {
  CheckOptions options;
  options.programs = {"qa", "report"};
  options.secrets = {"crm"};
  const std::string text =
      "[data-state r]\n"
      "do.1 = send recipient=a template=forwrad\n"
      "do.2 = probe recipient=a preset=ofer\n"
      "do.3 = run program=qaa arg.1=${id}\n"
      "do.4 = webhook url=https://a.b/c secret=cmr\n"
      "do.5 = command recipient=a op=push_tmm\n"
      "do.6 = command recipient=a op=my_own_thing\n"
      "do.7 = notify recipient=${activation.user} text=x\n"
      "max_fires = 1\n"
      "[preset offer]\nexpect = opened\nduration = 2h\n"
      "on_expire.1 = escalate recipient=a template=lat\n"
      "escalate.1 = after=1h recipient=a template=lat\n"
      "on_activate.1 = notify recipient=${activation.user} text=x\n"
      "[preset off]\nenabled = no\nexpect = opened\nduration = 2h\non_expire.1 = resend\n"
      "[activation a]\nwhen.preset = offerr\ndo.1 = cancel_probe preset=off\n"
      "[template late]\ntext.en = x\n";
  CHECK(findings(text, options) ==
        Lines{"r.ini:2: there is no template \"forwrad\"; did you mean \"forward\"?",
              "r.ini:3: there is no preset \"ofer\"; did you mean \"offer\"?",
              "r.ini:4: the broker's configuration has no [program qaa]; did you mean \"qa\"?",
              "r.ini:5: the broker's configuration has no secret \"cmr\"; did you mean \"crm\"?",
              "r.ini:6: warning: \"push_tmm\" is no operation that the agents of this version "
              "know; did you mean \"push_tm\"?",
              "r.ini:8: warning: ${activation.user} is always empty here; only rows of [activation "
              "NAME] have an activation",
              "r.ini:13: there is no template \"lat\"; did you mean \"late\"?",
              "r.ini:14: there is no template \"lat\"; did you mean \"late\"?",
              "r.ini:22: there is no preset \"offerr\"; did you mean \"offer\"?",
              "r.ini:23: warning: the preset \"off\" is not enabled"});
  CHECK(has_errors(check(tables_of(text), options)));
}

TEST_CASE("programs and secrets are not checked where they are not known") {
  CHECK(findings("[data-state r]\ndo.1 = run program=x\ndo.2 = webhook url=http://a secret=s\n")
            .empty());
}

TEST_CASE("a preset whose times cannot work is found") {
  const auto times = [](const std::string& lines) {
    return findings("[preset p]\nexpect = opened\non_interval.1 = resend\n" + lines);
  };
  CHECK(times("interval = 15m\nduration = 0s\n") ==
        Lines{"r.ini:5: the duration is 0: it expires as soon as it begins; write duration = 2h"});
  CHECK(times("interval = 15m\nduration = 10m\n") ==
        Lines{"r.ini:5: interval = 15m does not lie within duration = 10m: on_interval is never "
              "carried out"});
  CHECK(times("interval = 10m\nduration = 10m\n") ==
        Lines{"r.ini:5: warning: interval = 10m does not lie within duration = 10m: on_interval is "
              "never carried out"});
  CHECK(times("interval = 10m\nduration = 11m\n").empty());
  CHECK(times("interval = 10m\nduration = until job.due\n").empty());
}

TEST_CASE("a preset that waits for what nobody can do is found") {
  const auto waits = [](const std::string& lines) {
    return findings("[preset p]\nduration = 2h\non_expire.1 = resend\n" + lines);
  };
  CHECK(
      waits("expect = fetched\n") ==
      Lines{"r.ini:1: warning: \"fetched\" can never come: only a link can be fetched, and no row "
            "sends one: probe … preset=p link=yes"});
  CHECK(waits("expect = fetched\n[data-state r]\ndo.1 = probe recipient=a preset=p link=yes\n"
              "max_fires = 1\n")
            .empty());
  CHECK(waits("expect = fetched | opened\n").empty());
  CHECK(waits("expect = opened\nfor.ack = none | delivered\n") ==
        Lines{"r.ini:1: warning: \"opened\" can never come: for.ack is none, so nobody says so"});
  CHECK(waits("expect = opened\nfor.ack = opened\n").empty());
  CHECK(waits("expect = accepted\nfor.kind = receipt\n") ==
        Lines{"r.ini:1: warning: \"accepted\" can never come: nobody answers a message of kind "
              "receipt"});
  CHECK(waits("expect = delivered\nfor.kind = receipt\nfor.ack = none\n").empty());
}

TEST_CASE("a state that rules set and no row is for is found once") {
  CHECK(findings("[data-state a]\nwhen.state = open\ndo.1 = set_state state=rooted\n"
                 "[data-state b]\nwhen.state = opened\ndo.1 = set_state state=rooted\n") ==
        Lines{"r.ini:3: warning: no row handles the state \"rooted\"; did you mean \"routed\"?"});
  // A program's end sets one as well.
  CHECK(findings("[data-state a]\nwhen.state = routed\n"
                 "do.1 = run program=qa ok=rooted failed=closed\n"
                 "[data-state b]\nwhen.state = closed\ndo.1 = resend\n") ==
        Lines{"r.ini:3: warning: no row handles the state \"rooted\"; did you mean \"routed\"?"});
  CHECK(findings("[preset p]\nexpect = opened\nduration = 2h\n"
                 "on_expire.1 = set_state state=gone-astray\n") ==
        Lines{"r.ini:4: warning: no row handles the state \"gone-astray\"; write a row with "
              "when.state = gone-astray"});
  CHECK(findings("[data-state a]\nwhen.state = open\ndo.1 = set_state state=mine-1\n"
                 "do.2 = set_state state=${a.b}\ndo.3 = set_state state=closed\n"
                 "[data-state b]\nwhen.state = mine-*\ndo.1 = resend\n")
            .empty());
  CheckOptions options;
  options.states = {"mine"};
  CHECK(findings("[data-state a]\nwhen.state = open\ndo.1 = set_state state=mine\n", options)
            .empty());
}

TEST_CASE("commands that lead back to their row are shown as a circle") {
  CHECK(
      findings("[data-state a]\nwhen.state = one\ndo.1 = set_state state=two\n"
               "[data-state b]\nwhen.state = two\ndo.1 = set_state state=three\n"
               "[data-state c]\nwhen.state = three\ndo.1 = set_state state=one\n") ==
      Lines{"r.ini:1: warning: commands go round in a circle: a -> b -> c -> a; ask for the state "
            "in when.state, or bound one of them with max_fires"});
  const auto circle = [](const std::string& text) {
    std::string all;
    for (const std::string& line : findings(text)) {
      const auto at = line.find("circle: ");
      if (at != std::string::npos) all += line.substr(at + 8, line.find(';') - at - 8);
    }
    return all;
  };
  // A row that does not ask for the state matches what it has set.
  CHECK(circle("[data-state a]\nwhen.kind = task\ndo.1 = set_state state=open\n") == "a -> a");
  CHECK(circle("[data-state a]\nmax_fires = 1\ndo.1 = set_state state=open\n").empty());
  CHECK(circle("[data-state a]\nunless.state = open\ndo.1 = set_state state=open\n").empty());
  CHECK(circle("[data-state a]\nwhen.fires = 0\ndo.1 = set_state state=open\n").empty());
  CHECK(circle("[data-state a]\nenabled = shadow\ndo.1 = set_state state=open\n").empty());
  CHECK(circle("[data-state a]\nwhen.state = open\ndo.1 = run program=qa failed=rework\n"
               "[data-state b]\nwhen.state = rework\ndo.1 = set_state state=open\n") ==
        "a -> b -> a");
  // Flags, and what is probed.
  CHECK(circle("[data-state a]\nwhen.flag = x\ndo.1 = set_flag flag=y\n"
               "[data-state b]\nwhen.flag = y\ndo.1 = set_flag flag=x\n") == "a -> b -> a");
  CHECK(circle("[data-state a]\nunless.flag = x\ndo.1 = set_flag flag=x value=no\n") == "a -> a");
  CHECK(circle("[data-state a]\nunless.flag = x\ndo.1 = set_flag flag=x\n").empty());
  CHECK(
      circle("[data-state a]\nwhen.state = open\ndo.1 = probe recipient=a preset=p\n"
             "[preset p]\nexpect = opened\nduration = 2h\non_expire.1 = set_state state=open\n") ==
      "a -> p -> a");
  CHECK(circle("[data-state a]\nwhen.state = open\ndo.1 = probe recipient=a preset=p\n"
               "[preset p]\nexpect = opened\nduration = 2h\non_expire.1 = resend\n"
               "[activation v]\nwhen.preset = p\ndo.1 = set_state state=open\n") == "a -> v -> a");
  CHECK(circle("[preset p]\nfor.state = open\nexpect = opened\nduration = 2h\n"
               "on_expire.1 = set_state state=open\n") == "p -> p");
}

TEST_CASE("what no single message can go round is no circle") {
  const auto has_circle = [](const std::string& text) {
    for (const std::string& line : findings(text)) {
      if (line.find("circle") != std::string::npos) return true;
    }
    return false;
  };
  const auto two = [&](const std::string& first, const std::string& second) {
    return has_circle("[data-state a]\nwhen.state = open\n" + first +
                      "do.1 = set_state state=routed\n[data-state b]\nwhen.state = routed\n" +
                      second + "do.1 = set_state state=open\n");
  };
  CHECK(two("", ""));
  CHECK(two("when.kind = task\n", "when.a.b = x\n"));
  CHECK_FALSE(two("when.kind = task\n", "when.kind = question\n"));
  CHECK_FALSE(two("when.kind = task\n", "unless.kind = task\n"));
  CHECK_FALSE(two("when.a.b = >= 5\n", "when.a.b = < 5\n"));
  CHECK_FALSE(two("when.a.b = exists\n", "when.a.b = missing\n"));
  CHECK_FALSE(two("", "when.previous_state = answered\n"));
  CHECK(two("", "when.previous_state = open\n"));
  CHECK_FALSE(
      has_circle("[data-state a]\nwhen.state = open\ndo.1 = set_state state=routed\n"
                 "[data-state b]\nwhen.state = changed answered -> routed\n"
                 "do.1 = set_state state=open\n"));
}

TEST_CASE("findings are bounded, and errors among the rest are not lost") {
  std::string text;
  for (std::size_t i = 0; i < kMaxFindings + 5; ++i) {
    text += "[data-state r" + std::to_string(i) + "]\nwhen.state = missing\ndo.1 = resend\n";
  }
  const auto found = check(tables_of(text));
  REQUIRE(found.size() == kMaxFindings + 1);
  CHECK(found.back().text == "5 more findings");
  CHECK(found.back().severity == Severity::kError);
}

TEST_CASE("only so many earlier rows are compared, the nearest ones by their values") {
  // Each of these rows stops what nobody sends; the last row is hidden by the first that follows.
  std::string text;
  for (std::size_t i = 0; i <= kMaxHidingRows; ++i) {
    text += "[data-state r" + std::to_string(i) +
            "]\nstop = yes\nwhen.a.b = >= " + std::to_string(i + 1'000) + "\nwhen.c.x" +
            std::to_string(i) + " = exists\ndo.1 = resend\n";
  }
  text += "[data-state all]\nstop = yes\nwhen.kind = task\ndo.1 = resend\n";
  const std::string hidden = "[data-state last]\nwhen.kind = task\ndo.1 = resend\n";
  CHECK(findings(text + hidden).empty());  // past the limit: not said, and no error either
  CHECK(
      findings("[data-state all]\nstop = yes\nwhen.kind = task\ndo.1 = resend\n" + hidden).size() ==
      1);
}

TEST_CASE("a circle through very many rows is not looked for, nor one among too many patterns") {
  const auto ring = [](int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
      text += "[data-state r" + std::to_string(i) + "]\nwhen.state = s" + std::to_string(i) +
              "\ndo.1 = set_state state=s" + std::to_string((i + 1) % rows) + "\n";
    }
    return findings(text).size();
  };
  CHECK(ring(64) == 1);
  CHECK(ring(66) == 0);
  const auto patterns = [](int rows) {
    std::string text = "[data-state x]\nwhen.state = open\ndo.1 = set_state state=lost-one\n";
    for (int i = 0; i < rows; ++i) {
      text += "[data-state r" + std::to_string(i) + "]\nwhen.state = a" + std::to_string(i) +
              "-*\ndo.1 = resend\n";
    }
    return findings(text).size();
  };
  CHECK(patterns(1'000) == 1);
  CHECK(patterns(1'001) == 0);
}

TEST_CASE("the cost of a check grows with the rows, whatever they are like") {
  constexpr int kFew = 1'000;
  constexpr int kMany = 10'000;
  using Rows = std::string (*)(int);
  // Of the process: what else the machine does is not counted. The least of three.
  const auto seconds = [](const std::string& text) {
    const Tables tables = tables_of(text);
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 3; ++i) {
      const std::clock_t start = std::clock();
      (void)check(tables);
      least = std::min(least, std::clock() - start);
    }
    return static_cast<double>(least) / CLOCKS_PER_SEC;
  };
  const Rows by_client = [](int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
      const std::string n = std::to_string(i);
      text += "[data-state r" + n + "]\nstop = yes\nwhen.kind = question\nwhen.state = " +
              (i % 2 == 0 ? "open" : "routed") + "\nwhen.project.client = C" +
              std::to_string(i / 10) + "\nwhen.a.b" + n +
              " = x\ndo.1 = set_state state=" + (i % 2 == 0 ? "routed" : "open") + "\n";
    }
    return text;
  };
  const Rows alike = [](int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
      const std::string n = std::to_string(i);
      text += "[data-state r" + n + "]\nwhen.a.b" + n +
              " = x\nunless.c.d = y\ndo.1 = set_state state=s" + n + "\n";
    }
    return text;
  };
  const Rows ranges = [](int rows) {
    std::string text;
    for (int i = 0; i < rows; ++i) {
      const std::string n = std::to_string(i);
      text += "[data-state r" + n + "]\nstop = yes\nwhen.a.b = > " + n + "\nwhen.c.d" + n +
              " = exists\ndo.1 = set_flag flag=f\ndo.2 = set_state state=open\n";
    }
    return text;
  };
  for (const Rows table : {by_client, alike, ranges}) {
    const double few = seconds(table(kFew));
    const double many = seconds(table(kMany));
    INFO(few << " s for " << kFew << " rows, " << many << " s for " << kMany);
    CHECK(many < 40 * few);  // looking at all pairs would take a hundred times as long
  }
}

}  // namespace yizhan::rules
