#include "agent/delivered_files.h"

#include <algorithm>
#include <cstdint>

#include "agent/task_file.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

constexpr std::size_t kCopyBytes = 1024 * 1024;

/// A copy, not a link: a program that edits its file must not change the blob.
Status copy_blob(Context& context, const Sha256& hash, std::uint64_t size,
                 const std::string& path) {
  const auto there = context.disk.info(path);
  if (there.ok() && there->type == store::FileType::kRegular && there->size == size) return {};
  const std::string partial = path + ".part";
  TRY(context.disk.remove(partial));
  std::uint64_t offset = 0;
  do {
    TRY_ASSIGN(const std::string bytes, context.blobs.read(hash, offset, kCopyBytes));
    if (bytes.empty() && size != 0) {
      return Error{Code::kCorrupt, "attachment " + to_hex(hash) + " is shorter on disk than " +
                                       std::to_string(size) + " bytes"};
    }
    TRY(context.disk.write_at(partial, offset, bytes));
    offset += bytes.size();
  } while (offset < size);
  TRY(context.disk.remove(path));
  return context.disk.rename(partial, path);
}

}  // namespace

std::string delivered_folder(const AgentOptions& options, const MessageId& id) {
  return options.state_dir + "/inbox/" + format_uuid(id);
}

Result<std::string> write_delivered_files(Context& context, const wire::Message& message) {
  const std::string folder = delivered_folder(context.options, wire::id_of(message));
  TRY(context.disk.make_folder(folder, false));
  std::string name = std::string(wire::kind_name(message.kind())) + ".ini";
  for (const wire::Attachment& attachment : message.attachments()) {
    if (attachment.name() == name) name = "message-" + name;
    const auto hash = Sha256::from(attachment.sha256());
    if (!hash) return Error{Code::kInvalid, "an attachment without sha256"};
    TRY(copy_blob(context, *hash, attachment.size(), folder + "/" + attachment.name()));
  }
  const std::string path = folder + "/" + name;
  TRY(context.disk.write(path, format_task_file(message), false));
  return path;
}

}  // namespace yizhan::agent
