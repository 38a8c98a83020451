// `yizhan import`: reads a file to its end first, into a spool in the agent's folder; only a file
// without an error is handed over. So an import takes all of a file or nothing, whatever its size.


#include <algorithm>
#include <filesystem>
#include <map>
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
#include "wire/session.pb.h"
#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::cli {
namespace {

constexpr std::chrono::milliseconds kImportPatience{30'000};
// Language pairs of one file; the languages of the European Union from one source are 23.
constexpr std::size_t kMaxSpools = 64;

/// One file's records, each in the spool of its slice. Of a project ("HL-GEAR/PRJ-1"), every
/// language pair has its own, and terms have theirs.
class Spools final : public exchange::Sink {
 public:
  Spools(std::string folder, std::string path, bool spread)
      : folder_(std::move(folder)), path_(std::move(path)), spread_(spread) {}

  Status unit(wire::Record record) override {
    std::string slice = path_;
    if (spread_) {
      slice += "/" + wire::value(record, wire::unit::kSourceLang) + "/" +
               wire::value(record, wire::unit::kTargetLang);
    }
    TRY_ASSIGN(RecordSpool* const spool, spool_of(slice));
    return spool->unit(std::move(record));
  }

  Status entry(wire::Record concept_record, std::vector<wire::Record> terms) override {
    TRY_ASSIGN(RecordSpool* const spool, spool_of(spread_ ? path_ + "/terms" : path_));
    return spool->entry(std::move(concept_record), std::move(terms));
  }

  Status close() {
    for (const auto& [slice, one] : spools_) TRY(one.spool->close());
    return {};
  }
  void keep() {
    for (const auto& [slice, one] : spools_) one.spool->keep();
  }
  /// What the agent is told of them.
  Json parts() const {
    Json parts = Json::array();
    for (const auto& [slice, one] : spools_) {
      parts.push_back(
          {{"spool", one.name}, {"slice", slice}, {"records", one.spool->records()}});
    }
    return parts;
  }

 private:
  struct Part {
    std::string name;
    std::unique_ptr<RecordSpool> spool;
  };

  Result<RecordSpool*> spool_of(const std::string& slice) {
    const auto known = spools_.find(slice);
    if (known != spools_.end()) return known->second.spool.get();
    TRY(wire::check_slice(slice));
    if (spools_.size() == kMaxSpools) {
      return Error{Code::kLimit, "the file has more than " + std::to_string(kMaxSpools) +
                                     " language pairs; import one at a time: --from and --to"};
    }
    const std::string name = to_hex(sha256_of(random_bytes(32))).substr(0, 32);
    TRY_ASSIGN(auto spool, RecordSpool::create(folder_ + "/" + name, slice));
    return (spools_[slice] = {name, std::move(spool)}).spool.get();
  }

  const std::string folder_;
  const std::string path_;
  const bool spread_;
  std::map<std::string, Part> spools_;
};

/// "en-US" and "zh-CN" of "HL-GEAR/PRJ-1/en-US/zh-CN"; empty for a shorter path.
std::pair<std::string, std::string> languages_of(const std::string& slice) {
  const std::filesystem::path path(slice);
  std::vector<std::string> parts;
  for (const auto& part : path) parts.push_back(part.string());
  if (parts.size() < 4) return {};
  return {parts[parts.size() - 2], parts[parts.size() - 1]};
}

/// Whether a path is that of a project, whose slices are below it.
bool is_project(const std::string& slice) {
  return std::count(slice.begin(), slice.end(), '/') <= 1;
}

std::string summary(const std::string& file, const exchange::ReadReport& report,
                    const Json& parts) {
  std::string text = file + ": " + report.format + ", " + report.encoding + ": ";
  text += std::to_string(report.units) + " units, " + std::to_string(report.concepts) +
          " concepts, " + std::to_string(report.terms) + " terms\n";
  for (const Json& part : parts) {
    text += "  into " + part["slice"].get<std::string>() + ": " + part["records"].dump() +
            " records\n";
  }
  for (const auto& skipped : report.skipped) {
    text += "  left out " + std::to_string(skipped.count) + ": " + skipped.reason + " (first: " +
            skipped.first + ")\n";
  }
  return text;
}

Json report_json(const std::string& file, const exchange::ReadReport& report, const Json& parts) {
  Json skipped = Json::array();
  for (const auto& one : report.skipped) {
    skipped.push_back({{"reason", one.reason}, {"count", one.count}, {"first", one.first}});
  }
  Json slices = Json::object();
  for (const Json& part : parts) slices[part["slice"].get<std::string>()] = part["records"];
  return {{"file", file},         {"format", report.format}, {"encoding", report.encoding},
          {"units", report.units}, {"concepts", report.concepts}, {"terms", report.terms},
          {"slices", std::move(slices)}, {"skipped", std::move(skipped)}};
}

/// Reads `file` to its end and hands it over; what is to be told of it. `*refused` is set if it is
/// the agent that does not take it.
Result<Json> import_file(Client& client, const std::string& file, const std::string& folder,
                         const std::string& slice, const exchange::ReadOptions& options,
                         bool as_json, ExitCode* refused) {
  Spools spools(folder, slice, is_project(slice));
  Result<exchange::ReadReport> report = Error{Code::kIo, ""};
  {
    ProgressBar bar("reading " + file);
    report = exchange::read_file(
        file, options, &spools,
        [&](std::uint64_t read, std::uint64_t all) { bar.show(read, all); });
  }
  if (!report.ok()) return in_context("nothing of it was imported", report.error());
  TRY(spools.close());
  const Json parts = spools.parts();
  if (!parts.empty()) {
    const Json arguments = {{"file", file}, {"parts", parts}};
    TRY_ASSIGN(const auto reply, client.ask("import", arguments.dump(), kImportPatience));
    if (!reply.code().empty()) {
      *refused = exit_code_of(reply.code());
      return Error{Code::kInvalid, reply.error()};
    }
    spools.keep();  // they are the agent's now
  }
  if (!as_json) print(summary(file, *report, parts));
  return report_json(file, *report, parts);
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
    ExitCode refused = kDone;
    Result<Json> report = import_file(*client, file, folder, slice, options, call.json, &refused);
    if (!report.ok() && refused != kDone) {
      print_error(report.error().message);
      return refused;
    }
    if (!report.ok()) return fail(report.error());
    reports.push_back(std::move(*report));
  }
  if (call.json) print(Json{{"imported", std::move(reports)}}.dump() + "\n");
  return kDone;
}

}  // namespace yizhan::cli
