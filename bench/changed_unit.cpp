// One unit is changed at one agent and looked for at another, both asked over one connection each,
// so that a question costs tens of microseconds: what is measured is the synchroniser. The change
// is durable at the first agent when its answer comes, and at the second when it is found there.
// Usage: changed_unit CONFIG_A CONFIG_B UNIT_ID ROUNDS. Prints "median_ms p95_ms question_us".

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/client.h"
#include "config/files.h"
#include "config/options.h"

namespace {

using namespace yizhan;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = 1 << 20;

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "changed_unit: %s\n", error.message.c_str());
  std::exit(1);
}

cli::Client client_of(const std::string& path) {
  const auto text = read_file(path, kMaxConfigBytes);
  if (!text.ok()) fail(text.error());
  const auto options = load_agent_options(path, *text, "/");
  if (!options.ok()) fail(options.error());
  auto client = cli::Client::to_agent(*options, path);
  if (!client.ok()) fail(client.error());
  return std::move(*client);
}

Json ask(cli::Client& client, const std::string& verb, const Json& arguments) {
  const auto reply = client.ask(verb, arguments.dump());
  if (!reply.ok()) fail(reply.error());
  if (!reply->code().empty()) fail({Code::kInvalid, reply->error()});
  return Json::parse(reply->json());
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  cli::Client writer = client_of(argv[1]);
  cli::Client reader = client_of(argv[2]);
  const Json unit = {{"kind", "unit"}, {"id", argv[3]}};
  std::vector<double> took;
  std::vector<double> questions;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    const std::string text = "改动 " + std::to_string(i);
    ask(writer, "records.set", {{"kind", "unit"}, {"id", argv[3]}, {"fields", {{"target", text}}}});
    const auto said = Clock::now();
    for (;;) {
      const auto asked = Clock::now();
      const Json record = ask(reader, "records.show", unit);
      questions.push_back(ms_since(asked) * 1000);
      if (record["fields"].value("target", "") == text) break;
      if (ms_since(said) > 30'000) fail({Code::kUnavailable, "the change did not come"});
    }
    took.push_back(ms_since(said));
  }
  std::sort(took.begin(), took.end());
  std::sort(questions.begin(), questions.end());
  std::printf("%.2f %.2f %.0f\n", took[took.size() / 2], took[took.size() * 95 / 100],
              questions[questions.size() / 2]);
}
