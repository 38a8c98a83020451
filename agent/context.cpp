#include "agent/context.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "wire/address.h"
#include "wire/codec.h"

namespace yizhan::agent {

namespace {

// What could not be moved or written now is tried again with the next rescan; a folder that refuses
// everything must not fill the memory.
constexpr std::size_t kMaxFailedFileWork = 1024;

std::string describe(const Context::FileWork& work) {
  if (const auto* move = std::get_if<Context::Move>(&work)) {
    return "moving " + shown(move->from) + " to " + shown(move->to);
  }
  if (const auto* text = std::get_if<Context::Text>(&work)) {
    return "writing " + shown(text->path);
  }
  return "removing " + shown(std::get<Context::Removal>(work).path);
}

}  // namespace

Context::Context(const AgentOptions& agent_options, const Machine& this_machine,
                 store::Db& database, store::Disk& files, store::ClientStore client_store,
                 store::Blobs blob_store, std::uint64_t seed)
    : options(agent_options),
      machine(this_machine),
      store(client_store),
      disk(files),
      blobs(std::move(blob_store)),
      random(seed),
      user_address("user:" + agent_options.user),
      unique_code(yizhan::unique_code(this_machine.key)),
      db_(database) {}

bool Context::is_me(std::string_view address) const {
  const auto parsed = wire::parse_addresses(address);
  if (!parsed.ok() || parsed->size() != 1) return false;
  const wire::Address& one = parsed->front();
  if (one.kind == "user") return !options.user.empty() && one.value == options.user;
  return one.kind == "code" && one.value == unique_code;
}

Status Context::begin_write() {
  if (transaction_) return {};
  TRY_ASSIGN(store::Transaction begun, store::Transaction::open(db_));
  transaction_.emplace(std::move(begun));
  return {};
}

Status Context::commit() {
  if (!transaction_) return {};
  TRY(store.flush());
  TRY(transaction_->commit());
  transaction_.reset();
  return {};
}

bool Context::is_unwritten(const std::string& path) const {
  return std::any_of(failed_file_work_.begin(), failed_file_work_.end(), [&](const FileWork& work) {
    const auto* text = std::get_if<Text>(&work);
    return text != nullptr && text->path == path;
  });
}

Status Context::perform(const FileWork& work) {
  if (const auto* move = std::get_if<Move>(&work)) {
    if (!move->result.empty() && is_unwritten(move->result)) {
      return Error{Code::kUnavailable, "its result comes first"};
    }
    const Status moved = disk.rename(move->from, move->to);
    // Somebody took the file away in between: there is nothing left to move.
    if (!moved.ok() && moved.error().code == Code::kNotFound) return {};
    return moved;
  }
  if (const auto* text = std::get_if<Text>(&work)) return disk.write(text->path, text->text, false);
  const Removal& removal = std::get<Removal>(work);
  if (!removal.folder) return disk.remove(removal.path);
  if (!removal.unless.empty() && disk.info(removal.unless).ok()) {
    return Error{Code::kConflict, "it still holds " + removal.unless};
  }
  return remove_folder(disk, removal.path);
}

void Context::do_file_work() {
  for (FileWork& work : std::exchange(file_work_, {})) {
    const Status done = perform(work);
    if (done.ok()) continue;
    warn(describe(work) + ": " + done.error().message);
    if (failed_file_work_.size() < kMaxFailedFileWork) failed_file_work_.push_back(std::move(work));
  }
}

void Context::retry_file_work() {
  for (FileWork& work : std::exchange(failed_file_work_, {})) {
    if (!perform(work).ok()) failed_file_work_.push_back(std::move(work));
  }
}

void Context::send(const wire::FromAgent& frame) {
  say(FrameToBroker{wire::encode(frame)});
}

void Context::reply(const std::string& asker, const wire::Reply& reply) {
  say(ControlReply{asker, reply.SerializeAsString()});
}

void Context::event(std::string_view what, const MessageId* id, const Details& details) {
  if (listeners_.empty()) return;
  nlohmann::ordered_json json;
  json["time"] = format_time(now.wall);
  json["what"] = std::string(what);
  if (id != nullptr) json["id"] = format_uuid(*id);
  for (const auto& [name, value] : details) json[name] = value;
  wire::Reply one;
  one.set_more(true);
  one.set_json(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  for (const auto& [asker, ref] : listeners_) {
    one.set_ref(ref);
    reply(asker, one);
  }
}

Status remove_folder(store::Disk& disk, const std::string& folder) {
  const auto entries = disk.list(folder);
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return {};
    return entries.error();
  }
  for (const store::FileInfo& entry : *entries) TRY(disk.remove(folder + "/" + entry.name));
  return disk.remove_folder(folder);
}

}  // namespace yizhan::agent
