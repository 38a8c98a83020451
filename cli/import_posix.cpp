// `yizhan import`: reads a file to its end first, into a spool in the agent's folder; only a file
// without an error is handed over. So an import takes all of a file or nothing, whatever its size.

#include <filesystem>
#include <memory>
#include <tuple>
#include <utility>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/record_spool_posix.h"
#include "config/ids.h"
#include "exchange/read_file.h"
#include "wire/history.h"

namespace yizhan::cli {
namespace {

constexpr std::chrono::milliseconds kImportPatience{30'000};

/// "en-US" and "zh-CN" of "HL-GEAR/PRJ-1/en-US/zh-CN"; empty for a shorter path.
std::pair<std::string, std::string> languages_of(const std::string& slice) {
  const std::filesystem::path path(slice);
  std::vector<std::string> parts;
  for (const auto& part : path) parts.push_back(part.string());
  if (parts.size() < 4) return {};
  return {parts[parts.size() - 2], parts[parts.size() - 1]};
}

std::string summary(const std::string& file, const exchange::ReadReport& report) {
  std::string text = file + ": " + report.format + ", " + report.encoding + ": ";
  text += std::to_string(report.units) + " units, " + std::to_string(report.concepts) +
          " concepts, " + std::to_string(report.terms) + " terms\n";
  for (const auto& skipped : report.skipped) {
    text += "  left out " + std::to_string(skipped.count) + ": " + skipped.reason + " (first: " +
            skipped.first + ")\n";
  }
  return text;
}

Json report_json(const std::string& file, const exchange::ReadReport& report) {
  Json skipped = Json::array();
  for (const auto& one : report.skipped) {
    skipped.push_back({{"reason", one.reason}, {"count", one.count}, {"first", one.first}});
  }
  return {{"file", file},         {"format", report.format}, {"encoding", report.encoding},
          {"units", report.units}, {"concepts", report.concepts}, {"terms", report.terms},
          {"skipped", std::move(skipped)}};
}

}  // namespace

int run_import(const Invocation& call) {
  const Result<Config> config = load_config(call);
  if (!config.ok()) return fail_usage(config.error().message);
  const auto* agent = std::get_if<AgentConfig>(&*config);
  if (agent == nullptr) return fail_usage("\"import\" is asked of an agent");
  const std::string slice = call.one("slice");
  if (slice.empty()) return fail_usage("--slice is missing: where shall it go?");
  if (const Status valid = wire::check_slice(slice); !valid.ok()) {
    return fail_usage(valid.error().message);
  }
  exchange::ReadOptions options;
  std::tie(options.source_lang, options.target_lang) = languages_of(slice);
  if (call.has("from")) options.source_lang = call.one("from");
  if (call.has("to")) options.target_lang = call.one("to");
  if (call.has("min-status")) options.min_status = call.one("min-status");
  options.termbase = call.has("termbase") ? call.one("termbase") : "main";
  options.client = slice.substr(0, slice.find('/'));
  Result<Client> client = Client::to_agent(agent->options, agent->path);
  if (!client.ok()) return fail(client.error());
  const std::string folder = agent->options.state_dir + "/import";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  Json reports = Json::array();
  for (const std::string& file : call.all("FILE")) {
    const std::string name = to_hex(sha256_of(random_bytes(32))).substr(0, 32);
    const std::string path = folder + "/" + name;
    Result<std::unique_ptr<RecordSpool>> spool = RecordSpool::create(path, slice);
    if (!spool.ok()) return fail(spool.error());
    Result<exchange::ReadReport> report = Error{Code::kIo, ""};
    {
      ProgressBar bar("reading " + file);
      report = exchange::read_file(file, options, spool->get(),
                                   [&](std::uint64_t read, std::uint64_t all) {
                                     bar.show(read, all);
                                   });
    }
    if (!report.ok()) return fail(in_context("nothing of it was imported", report.error()));
    if (const Status closed = (*spool)->close(); !closed.ok()) return fail(closed.error());
    const Json arguments = {{"spool", name},
                            {"file", file},
                            {"slice", slice},
                            {"records", (*spool)->records()}};
    const auto reply = client->ask("import", arguments.dump(), kImportPatience);
    if (!reply.ok()) return fail(reply.error());
    if (!reply->code().empty()) {
      print_error(reply->error());
      return exit_code_of(reply->code());
    }
    (*spool)->keep();  // it is the agent's now
    reports.push_back(report_json(file, *report));
    if (!call.json) print(summary(file, *report));
  }
  if (call.json) print(Json{{"imported", std::move(reports)}}.dump() + "\n");
  return kDone;
}

}  // namespace yizhan::cli
