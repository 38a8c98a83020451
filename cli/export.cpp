// `yizhan export`: the records of a slice, page by page, into a file that is whole or not there.

#include <map>
#include <utility>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "exchange/files_posix.h"
#include "exchange/writer.h"
#include "wire/history.h"

namespace yizhan::cli {
namespace {

constexpr int kPageRows = 1000;  // as many as the agent gives

Result<wire::Record> record_of(const Json& json) {
  const auto kind = wire::parse_record_kind(json.value("kind", ""));
  if (!kind) return Error{Code::kCorrupt, "the agent answered with a record of no known kind"};
  wire::Record record = wire::make_record(*kind);
  if (const auto id = wire::record_id_from_hex(json.value("id", ""))) {
    record.set_id(std::string(id->view()));
  }
  const auto names = wire::fields_of(*kind);
  for (const auto& [name, text] : json["fields"].items()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (name == names[i].name) {
        wire::set_value(&record, static_cast<int>(i), text.get<std::string>());
      }
    }
  }
  return record;
}

/// Hands every record of `kind` below the path to `take`.
Status each_record(Client& client, const std::string& kind, const std::string& slice,
                   const std::function<Status(wire::Record)>& take) {
  std::string from;
  do {
    const Json arguments = {{"kind", kind}, {"slice", slice}, {"limit", kPageRows}, {"from", from}};
    TRY_ASSIGN(const wire::Reply reply, client.ask("records.list", arguments.dump()));
    if (!reply.code().empty()) return Error{Code::kInvalid, reply.error()};
    const Json answer = Json::parse(reply.json(), nullptr, false);
    for (const Json& one : answer["records"]) {
      TRY_ASSIGN(wire::Record record, record_of(one));
      TRY(take(std::move(record)));
    }
    from = answer.value("next", "");
  } while (!from.empty());
  return {};
}

Status write_entries(Client& client, const std::string& slice, exchange::Writer& writer) {
  std::map<std::string, std::vector<wire::Record>> terms;  // by concept
  TRY(each_record(client, "term", slice, [&](wire::Record term) -> Status {
    terms[wire::value(term, wire::term::kConcept)].push_back(std::move(term));
    return {};
  }));
  return each_record(client, "concept", slice, [&](wire::Record entry) -> Status {
    return writer.entry(entry, terms[wire::record_id_hex(entry.id())]);
  });
}

std::string format_by_name(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::string ending = dot == std::string::npos ? "" : path.substr(dot + 1);
  return ending == "txt" || ending == "tab" || ending == "utf8" ? "tsv" : ending;
}

Result<std::uint64_t> write_file(const Invocation& call, Client& client,
                                 exchange::Format format) {
  const std::string path = call.one("FILE");
  TRY_ASSIGN(const auto output, exchange::FileOutput::create(path + ".part"));
  exchange::WriteOptions options;
  options.source_lang = call.one("from");
  options.target_lang = call.one("to");
  const auto writer = exchange::make_writer(format, options, output.get());
  if (format == exchange::Format::kTmx) {
    TRY(each_record(client, "unit", call.one("slice"),
                    [&](wire::Record unit) { return writer->unit(unit); }));
  } else {
    TRY(write_entries(client, call.one("slice"), *writer));
  }
  TRY(writer->finish());
  TRY(output->commit(path));
  return writer->written();
}

}  // namespace

int run_export(const Invocation& call) {
  const Result<Config> config = load_config(call);
  if (!config.ok()) return fail_usage(config.error().message);
  const auto* agent = std::get_if<AgentConfig>(&*config);
  if (agent == nullptr) return fail_usage("\"export\" is asked of an agent");
  const std::string word =
      call.has("format") ? call.one("format") : format_by_name(call.one("FILE"));
  const auto format = exchange::parse_format(word);
  if (!format) {
    return fail_usage("'" + word + "' is no format: give --format tmx, tbx, tbx2 or tsv");
  }
  if (*format == exchange::Format::kTsv && (!call.has("from") || !call.has("to"))) {
    return fail_usage("a glossary of lines needs --from and --to: two languages");
  }
  Result<Client> client = Client::to_agent(agent->options, agent->path);
  if (!client.ok()) return fail(client.error());
  const auto written = write_file(call, *client, *format);
  if (!written.ok()) return fail(written.error());
  if (call.json) {
    print(Json{{"file", call.one("FILE")}, {"written", *written}}.dump() + "\n");
  } else {
    print(call.one("FILE") + ": " + std::to_string(*written) + " written\n");
  }
  return kDone;
}

}  // namespace yizhan::cli
