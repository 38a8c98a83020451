#include "cli/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/task_file.h"
#include "config/daemon.h"
#include "config/ids.h"
#include "wire/address.h"
#include "wire/limits.h"

namespace yizhan::cli {

namespace {

namespace fs = std::filesystem;

std::string new_id(Now now) {
  std::array<unsigned char, 10> random{};
  const std::string bytes = random_bytes(random.size());
  std::memcpy(random.data(), bytes.data(), random.size());
  return format_uuid(make_uuid7(to_micros(now.wall) / 1000, random));
}

/// Whether the file is for us to send: then all that it names must be there.
bool is_outgoing(const wire::Message& message, const AgentOptions& options) {
  if (message.sender().empty()) return true;
  const auto sender = wire::parse_addresses(message.sender());
  return sender.ok() && !sender->empty() && sender->front().kind == "user" &&
         sender->front().value == options.user;
}

struct TaskOnDisk {
  fs::path path;  ///< absolute
  std::string bytes;
  std::vector<std::string> attachments;  ///< names, beside it and there
};

Result<TaskOnDisk> read_task(store::Disk& disk, const AgentOptions& options,
                             const std::string& path) {
  TaskOnDisk task;
  std::error_code failure;
  // Links are followed here: a person named this file.
  task.path = fs::canonical(path, failure);
  if (failure) return Error{Code::kNotFound, "opening " + path + ": " + failure.message()};
  TRY_ASSIGN(task.bytes, disk.read(task.path.string(), wire::kMaxTaskFileBytes));
  if (!agent::is_task_file(task.bytes)) {
    return Error{Code::kInvalid, path + " is not a task file: its first section is not [yizhan]"};
  }
  TRY_ASSIGN(const agent::TaskFile parsed, agent::parse_task_file(task.bytes, path));
  for (const agent::AttachmentClaim& claim : parsed.attachments) {
    const std::string beside = (task.path.parent_path() / claim.name).string();
    if (disk.info(beside).ok()) {
      task.attachments.push_back(claim.name);
    } else if (is_outgoing(parsed.message, options)) {
      return Error{Code::kInvalid, path + ":" + std::to_string(claim.line) + ": the attachment " +
                                       claim.name + " is not beside the task file; put it there"};
    }
  }
  return task;
}

/// The names in `folder` survive a power cut.
Status sync_folder(const std::string& folder) {
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.open() && fsync(opened.get()) == 0) return {};
  return Error{Code::kIo, "syncing folder " + folder + ": " + std::strerror(errno)};
}

Status fill(store::Disk& disk, const std::string& folder, const TaskOnDisk& task) {
  for (const std::string& name : task.attachments) {
    TRY(disk.copy_durable((task.path.parent_path() / name).string(), folder + "/" + name));
  }
  TRY(disk.write(folder + "/.from", task.path.string() + "\n", true));
  return disk.write(folder + "/" + task.path.filename().string(), task.bytes, true);
}

}  // namespace

Result<std::string> spool_task_file(store::Disk& disk, const AgentOptions& options,
                                    const std::string& path, Now now) {
  TRY_ASSIGN(const TaskOnDisk task, read_task(disk, options, path));
  TRY(make_private_folder(options.state_dir));
  const std::string spool = options.state_dir + "/spool";
  const std::string id = new_id(now);
  const std::string unfinished = spool + "/.tmp-" + id;  // hidden: the agent leaves it alone
  TRY(disk.make_folder(unfinished));
  Status filled = fill(disk, unfinished, task);
  if (filled.ok()) filled = disk.rename(unfinished, spool + "/" + id);
  if (filled.ok()) filled = sync_folder(spool);
  if (filled.ok()) filled = sync_folder(options.state_dir);
  if (!filled.ok()) {
    std::error_code ignored;  // what cannot be removed is hidden, and never taken
    fs::remove_all(unfinished, ignored);
    return filled.error();
  }
  return spool + "/" + id;
}

}  // namespace yizhan::cli
