#include <catch2/catch.hpp>
#include <string>

#include "config/files.h"
#include "config/options.h"
#include "tests/config/samples.h"

namespace yizhan {
namespace {

const std::string kPath = "/etc/yizhan/agent.ini";
const std::string kHome = "/home/li";

AgentOptions loaded(const std::string& text) {
  auto options = load_agent_options(kPath, text, kHome);
  INFO((options.ok() ? "" : options.error().message));
  REQUIRE(options.ok());
  return *options;
}

std::string refused(const std::string& text) {
  const auto options = load_agent_options(kPath, text, kHome);
  INFO(text);
  REQUIRE_FALSE(options.ok());
  return options.error().message;
}

TEST_CASE("an agent's options are read with paths, durations and lists") {
  const AgentOptions options = loaded(
      "[agent]\n"
      "state_dir = state\n"
      "user = li.wei\n"
      "brokers = tcp://a:8470, tcp://b:8470\n"
      "broker_key_file = ../broker.pub\n"
      "token = secret\n"
      "heartbeat_interval = 500ms\n"
      "max_handlers = 2\n"
      "output_limit = 1KiB\n"
      "rescan_interval = 2m\n"
      "retention = 1d\n"
      "log_level = debug\n"
      "log_file = agent.log\n"
      "[watch Downloads]\n"
      "path = ~/Downloads\n"
      "mode = observe\n"
      "poll_interval = 1s\n"
      "[watch inbox]\n"
      "path = /srv/inbox\n"
      "[handler translate]\n"
      "when.kind = task\n"
      "when.job.type = translate\n"
      "run = /bin/prepare \"${project.id} x\" ${file}\n"
      "timeout = 1m\n"
      "[project PRJ-2026-0311]\n"
      "path = ~/OmegaT/manual\n"
      "slice = HL-GEAR/PRJ-1/en-US/zh-CN\n"
      "reads = HL-GEAR, COMMON/terms\n"
      "create = yes\n"
      "users = wf = wang.fang\n"
      "questions_to = user:zhang.min\n");
  AgentOptions expected;
  expected.state_dir = "/etc/yizhan/state";
  expected.user = "li.wei";
  expected.brokers = {"tcp://a:8470", "tcp://b:8470"};
  expected.broker_key_file = "/etc/broker.pub";
  expected.token = "secret";
  expected.heartbeat_interval = std::chrono::milliseconds{500};
  expected.max_handlers = 2;
  expected.output_limit = 1024;
  expected.rescan_interval = std::chrono::minutes{2};
  expected.retention = std::chrono::hours{24};
  expected.log_level = LogLevel::kDebug;
  expected.log_file = "/etc/yizhan/agent.log";
  expected.watches = {{"Downloads", "/home/li/Downloads", false, std::chrono::seconds{1}},
                      {"inbox", "/srv/inbox", true, std::chrono::seconds{2}}};
  expected.handlers = {{"translate",
                        {{"kind", "task"}, {"job.type", "translate"}},
                        {"/bin/prepare", "${project.id} x", "${file}"},
                        std::chrono::minutes{1}}};
  expected.projects = {{"PRJ-2026-0311",
                        "/home/li/OmegaT/manual",
                        "HL-GEAR/PRJ-1/en-US/zh-CN",
                        {"HL-GEAR", "COMMON/terms"},
                        true,
                        "wf = wang.fang",
                        "user:zhang.min"}};
  CHECK(options == expected);
}

TEST_CASE("an agent's defaults are those of the struct, and a folder in the home") {
  AgentOptions expected;
  expected.state_dir = "/home/li/.local/share/yizhan";
  CHECK(loaded("[agent]\n") == expected);
  CHECK(loaded("[agent]\nuser =\nlog_file =\nbroker_key =\ntoken =\n") == expected);
}

TEST_CASE("mistakes in agent.ini are named with line and remedy") {
  struct Row {
    std::string text;
    int line;
    std::string part;
  };
  const auto row = GENERATE(
      Row{"", 1, "[agent] section is needed"},
      Row{"[agent]\nuser = x\nheartbeat = 1s\n", 3, "no key"},
      Row{"[agent]\nhartbeat_interval = 1s\n", 2, "did you mean \"heartbeat_interval\"?"},
      Row{"[agent]\n[wach x]\n", 2, "did you mean \"watch\"?"},
      Row{"[agent]\n[broker]\n", 2, "known are: agent, watch, handler, project, trust"},
      Row{"[agent]\n[watch]\npath = /x\n", 2, "write [watch NAME]"},
      Row{"[agent x]\n", 1, "write [agent]"},
      Row{"[agent]\n[watch x]\n", 2, "needs the key \"path\""},
      Row{"[agent]\n[watch x]\npath =\n", 3, "a path is needed"},
      Row{"[agent]\n[watch x]\npath = /x\nmode = both\n", 4, "managed | observe"},
      Row{"[agent]\n[watch x]\npath = /x\n[watch y]\npath = /x/\n", 5, "[watch x]"},
      Row{"[agent]\n[handler x]\nwhen.kind = task\n", 2, "needs the key \"run\""},
      Row{"[agent]\n[handler x]\nrun = prepare\n", 3, "absolute"},
      Row{"[agent]\n[handler x]\nrun = /x\nwhen. = 1\n", 4, "no key"},
      Row{"[agent]\n[trust x]\nuser = li\n", 2, "needs the key \"key\""},
      // A broker's key: no point of the curve.
      Row{"[agent]\n[trust x]\nkey = rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n", 3,
          "`yizhan key` shows"},
      Row{"[agent]\nbrokers =\n", 2, "at least one"},
      Row{"[agent]\nbrokers = http://x\n", 2, "tcp://"},
      Row{"[agent]\nbroker_key = abc\n", 2, "broker.pub"},
      Row{"[agent]\nbroker_key = rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\nbroker_key_file = x\n",
          3, "keep one"},
      Row{"[agent]\nheartbeat_interval = 1\n", 2, "duration"},
      Row{"[agent]\nmax_handlers = 0\n", 2, "from 1 to 64"},
      Row{"[agent]\nlog_level = loud\n", 2, "debug | info"},
      Row{"[agent]\n user = x\n", 2, "first column"});
  const std::string message = refused(row.text);
  CHECK_THAT(message, Catch::StartsWith(kPath + ":" + std::to_string(row.line) + ": "));
  CHECK_THAT(message, Catch::Contains(row.part));
}

TEST_CASE("the shipped agent.ini is what the table writes, and changes nothing") {
  const auto shipped = read_file(std::string(YIZHAN_SOURCE_DIR) + "/config/agent.ini", 100'000);
  REQUIRE(shipped.ok());
  CHECK(*shipped == sample_agent_ini());
  CHECK(loaded(*shipped) == loaded("[agent]\n"));
}

TEST_CASE("every key of the sample agent.ini can be used as it is shown") {
  const AgentOptions options =
      loaded(without_line(uncommented(sample_agent_ini()), "broker_key_file"));
  CHECK(options.watches.size() == 1);
  CHECK(options.handlers.size() == 1);
  CHECK(options.handlers[0].when.size() == 1);
  CHECK(options.projects.size() == 1);
  CHECK(options.trusted.size() == 1);
  CHECK(options.broker_key.size() == 40);
}

TEST_CASE("an agent's effective options load to the same, and hide the token") {
  AgentOptions options = loaded(without_line(uncommented(sample_agent_ini()), "broker_key ="));
  options.handlers[0].run.push_back("two words");
  const std::string text = effective_agent_ini(options);
  CHECK_THAT(text, !Catch::Contains(options.token) && Catch::Contains("token = ***"));
  options.token = "***";
  CHECK(loaded(text) == options);
}

}  // namespace
}  // namespace yizhan
