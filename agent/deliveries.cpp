#include "agent/deliveries.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/outgoing.h"
#include "agent/project_files.h"
#include "agent/task_project.h"
#include "wire/address.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

using store::FileInfo;
using store::IncomingState;

Error refusal(std::string why) {
  return {Code::kInvalid, std::move(why)};
}

void add(wire::Section* section, const std::string& key, const std::string& value) {
  wire::Entry* const one = section->add_entries();
  one->set_key(key);
  one->set_value(value);
}

/// What was delivered of a task last: {"number": 1, "sha256": "0f…", "id": "0190…"}.
std::string fact_of(const MessageId& task) {
  return "delivery:" + format_uuid(task);
}

std::string done_of(std::uint64_t left, std::uint64_t all) {
  return std::to_string(all - std::min(left, all)) + "/" + std::to_string(all);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The name of an attachment for the document at `place` below target/, which may be in a folder.
std::string attachment_name(std::string place, const std::set<std::string>& taken) {
  std::replace(place.begin(), place.end(), '/', '_');
  std::string name = place;
  for (int number = 2; taken.contains(name); ++number) name = std::to_string(number) + "-" + place;
  return name;
}

/// Whoever gave the task, and the project manager it names, if that is somebody else.
std::string recipients_of(const wire::Message& task, const wire::Body& body) {
  const std::string manager = wire::entry_of(body, "job", "pm");
  if (manager.find(',') != std::string::npos) return task.sender();
  const auto parsed = wire::parse_addresses(manager);
  if (!parsed.ok() || parsed->size() != 1) return task.sender();
  const std::string address = wire::format_address(parsed->front());
  return address == task.sender() ? address : task.sender() + ", " + address;
}

bool is_declined(const store::Incoming& row) {
  return row.state == IncomingState::kFailed && row.reason.starts_with("declined");
}

/// Whether [job] deliver_as asks for `form`; without a word, for the documents.
bool asks_for(const wire::Body& body, const std::string& form) {
  const std::string all = wire::entry_of(body, "job", "deliver_as");
  if (all.empty()) return form == "target_file";
  return all.find(form) != std::string::npos;
}

std::string hash_of_all(const std::vector<std::pair<std::string, Sha256>>& files) {
  std::string all;
  for (const auto& [name, sha256] : files) all += name + "\n" + to_hex(sha256) + "\n";
  return to_hex(sha256_of(all));
}

}  // namespace

/// The task that `what` means: a UUID, or a project that was made for one.
Result<Deliveries::Job> Deliveries::find(const std::string& what) const {
  auto id = parse_uuid(what);
  std::optional<Projects::View> project;
  std::string known;
  for (const Projects::View& view : projects_.views()) {
    const ProjectPlace& place = view.place;
    if (!place.task.empty()) known += (known.empty() ? "" : ", ") + place.name;
    const bool meant = id ? parse_uuid(place.task) == id
                          : (place.name == what || place.path == what);
    if (meant) project.emplace(view);
  }
  if (!id) {
    if (!project) {
      return Error{Code::kNotFound, "this agent follows no project " + shown(what) +
                                        (known.empty() ? "; none was made for a task"
                                                       : "; those of tasks are: " + shown(known))};
    }
    id = parse_uuid(project->place.task);
    if (!id) {
      return refusal("the project " + shown(what) +
                     " was made for no task: name the task by its id, and the files");
    }
  }
  TRY_ASSIGN(auto row, context_.store.incoming(*id));
  Job job;
  if (!row) {
    return Error{Code::kNotFound, "this agent has received no task " + format_uuid(*id) +
                                      "; `yizhan tasks list --direction in` shows what it has"};
  }
  job.row = std::move(*row);
  if (job.row.damaged || !job.task.ParseFromString(job.row.message) ||
      !job.body.ParseFromString(job.task.body())) {
    return refusal("the stored copy of task " + format_uuid(*id) + " cannot be read");
  }
  job.project = std::move(project);
  return job;
}

Status Deliveries::may_be_delivered(const Job& job) const {
  if (job.task.kind() != wire::TASK) return refusal("that is no task: only a task is delivered");
  if (job.task.sender().empty()) return refusal("it is not known who gave this task");
  if (job.row.state == IncomingState::kFetching) {
    return refusal("the task's own files are still coming");
  }
  if (is_declined(job.row)) return refusal("this task was declined here");
  return {};
}

/// What is in target/, if it is whole and of what was last saved.
Result<std::vector<Deliveries::File>> Deliveries::documents(const Job& job) const {
  const auto& layout = job.project->layout;
  if (!layout) return refusal("the project is not followed: " + job.project->problem);
  const std::string again = ": in OmegaT, Project > Create Translated Documents (Ctrl+D)";
  const auto targets = files_below(context_.disk, layout->target_dir);
  if (targets.empty()) return refusal("nothing has been exported yet" + again);
  const auto save = context_.disk.info(layout->save_file());
  const auto exported = context_.disk.info(layout->export_file());
  const std::int64_t saved_ns = save.ok() ? save->mtime_ns : 0;
  const bool stale_export = !exported.ok() || exported->mtime_ns < saved_ns;
  std::vector<File> files;
  std::set<std::string> taken;
  const auto take = [&](const std::string& path, const std::string& place, const char* role) {
    File file{attachment_name(place, taken), path, place, role};
    taken.insert(file.name);
    files.push_back(std::move(file));
  };
  for (const auto& [place, info] : targets) {
    const std::string path = layout->target_dir + "/" + place;
    if (!is_settled(context_.disk, path, info, context_.now.wall)) {
      return refusal("the documents are being written just now; try again in a moment");
    }
    if (stale_export && info.mtime_ns < saved_ns) {
      return refusal(shown(place) + " is older than what was last saved" + again);
    }
    if (asks_for(job.body, "target_file") || !asks_for(job.body, "project_tm")) {
      take(path, place, "target");
    }
  }
  if (asks_for(job.body, "project_tm")) {
    if (stale_export) return refusal("the project's memory is not exported" + again);
    take(layout->export_file(), name_of(layout->export_file()), "bilingual");
  }
  return files;
}

/// Those that a person names are what he says they are.
Result<std::vector<Deliveries::File>> Deliveries::named(
    const std::vector<std::string>& paths) const {
  std::vector<File> files;
  std::set<std::string> taken;
  for (const std::string& path : paths) {
    const std::string name = name_of(path);
    if (!taken.insert(name).second) return refusal("two of the files are called " + shown(name));
    files.push_back({name, path, name});
  }
  return files;
}

/// Copies the files under their hashes, so that they are sent as they are now.
Status Deliveries::keep(std::vector<File>& files) {
  if (files.size() > kMaxDeliveredFiles) {
    return Error{Code::kLimit,
                 "these are " + std::to_string(files.size()) + " files, and " +
                     std::to_string(kMaxDeliveredFiles) +
                     " is the limit of one delivery: pack them, and name the package"};
  }
  for (const File& file : files) {
    TRY(wire::check_attachment_name(file.name));
    const auto info = context_.disk.info(file.path);
    if (!info.ok()) return refusal(info.error().message);
    if (info->type != store::FileType::kRegular) return refusal(file.path + " is no file");
    if (info->size > wire::kMaxAttachmentBytes) {
      return Error{Code::kLimit, shown(file.path) + " has " + std::to_string(info->size) +
                                     " bytes, over the limit of " +
                                     std::to_string(wire::kMaxAttachmentBytes)};
    }
  }
  for (File& file : files) {
    const auto taken = context_.blobs.take_file(file.path);
    if (!taken.ok()) return refusal(taken.error().message);
    file.sha256 = taken->sha256;
    file.size = taken->size;
  }
  return {};
}

Result<wire::Message> Deliveries::message_of(const Job& job, const std::vector<File>& files,
                                             const MessageId& id) const {
  const std::string at = format_time(context_.now.wall);
  wire::Body body;
  wire::Section* const status = body.add_sections();
  status->set_name("status");
  add(status, "state", "delivered");
  if (job.project && job.project->progress) {
    const exchange::OmegatProgress& progress = *job.project->progress;
    add(status, "progress_segments", done_of(progress.segments_left, progress.segments));
    add(status, "progress_words", done_of(progress.words_left, progress.words));
    if (progress.segments_left > 0) add(status, "partial", "yes");
    add(status, "tool", "OmegaT");
  }
  add(status, "files", std::to_string(files.size()));
  add(status, "at", at);
  add(status, "code", context_.unique_code);
  wire::Message message;
  wire::Section* const list = body.add_sections();
  list->set_name("files");
  for (std::size_t i = 0; i < files.size(); ++i) {
    const File& file = files[i];
    const std::string key = "file." + std::to_string(i + 1);
    add(list, key, file.name);
    add(list, key + ".role", file.role);
    add(list, key + ".size", std::to_string(file.size));
    add(list, key + ".sha256", to_hex(file.sha256));
    if (file.place != file.name) add(list, key + ".place", file.place);
    wire::Attachment* const attachment = message.add_attachments();
    attachment->set_name(file.name);
    attachment->set_size(file.size);
    attachment->set_sha256(std::string(file.sha256.view()));
  }
  message.set_id(std::string(id.view()));
  message.set_kind(wire::STATUS);
  message.set_recipient(recipients_of(job.task, job.body));
  message.set_thread(job.task.thread());
  message.set_in_reply_to(format_uuid(job.row.id));
  message.set_ack(wire::ACK_NONE);
  message.set_created(at);
  message.set_body(body.SerializeAsString());
  TRY(wire::check_message(message));
  return message;
}

Result<Json> Deliveries::deliver(const Order& order) {
  TRY_ASSIGN(Job job, find(order.what));
  TRY(may_be_delivered(job));
  std::vector<File> files;
  if (!order.files.empty()) {
    TRY_ASSIGN(files, named(order.files));
  } else if (!job.project) {
    return refusal("this task has no project here: name the files that are delivered");
  } else {
    TRY_ASSIGN(files, documents(job));
    const auto& progress = job.project->progress;
    const std::string all_the_same = "; with --yes it is delivered in part (部分交付) all the same";
    if (!order.partial && !progress) {
      return refusal("it is not known how much is translated: OmegaT has not saved" + all_the_same);
    }
    if (!order.partial && progress->segments_left > 0) {
      return refusal(std::to_string(progress->segments_left) + " of " +
                     std::to_string(progress->segments) + " segments are not translated" +
                     all_the_same);
    }
  }
  TRY(keep(files));

  std::vector<std::pair<std::string, Sha256>> hashes;
  Json list = Json::array();
  for (const File& file : files) {
    hashes.emplace_back(file.name, file.sha256);
    list.push_back({{"name", file.name}, {"size", file.size}, {"sha256", to_hex(file.sha256)}});
  }
  const std::string hash = hash_of_all(hashes);
  TRY_ASSIGN(const auto text, context_.store.fact(fact_of(job.row.id)));
  Json last = Json::parse(text.value_or("{}"), nullptr, false);
  if (!last.is_object()) last = Json::object();
  const bool again =
      job.row.state == IncomingState::kDelivered && last.value("sha256", "") == hash;
  const int number = last.value("number", 0) + 1;
  const MessageId id = derive_uuid(
      job.row.id, "delivered:" + std::to_string(number) + ":" + hash + ":" + context_.unique_code);
  TRY_ASSIGN(const wire::Message message, message_of(job, files, id));
  Json answer = {{"task", format_uuid(job.row.id)},
                 {"state", "delivered"},
                 {"delivery", again ? last.value("id", "") : format_uuid(id)},
                 {"to", message.recipient()},
                 {"again", again},
                 {"files", std::move(list)}};
  if (again) return answer;

  TRY(context_.begin_write());
  TRY(context_.store.save_fact(
      fact_of(job.row.id),
      Json{{"number", number}, {"sha256", hash}, {"id", format_uuid(id)}}.dump()));
  TRY(queue_outgoing(context_, message, "deliver", ""));
  job.row.state = IncomingState::kDelivered;
  job.row.state_us = context_.wall_us();
  job.row.reason = std::to_string(files.size()) + (files.size() == 1 ? " file" : " files");
  if (job.row.opened_us == 0) job.row.opened_us = context_.wall_us();
  TRY(context_.store.update_incoming(job.row));
  context_.event("delivered", &job.row.id,
                 {{"to", message.recipient()}, {"files", std::to_string(files.size())}});
  return answer;
}

}  // namespace yizhan::agent
