#include "broker/mailboxes.h"

#include <string>

namespace yizhan::broker {

Result<bool> Mailboxes::is_full(store::ClientId client) {
  TRY_ASSIGN(const std::int64_t waiting, store_->mailbox_size(client));
  return waiting >= options_->max_mailbox;
}

Result<bool> Mailboxes::has_room(Step& step, store::ClientId client, const MessageId& id) {
  TRY_ASSIGN(bool full, is_full(client));
  if (!full) return true;
  const auto told = told_.find(client);
  if (told != told_.end() && step.steady() < told->second + kFullMailboxInterval) return false;
  // What would turn messages away for long is counted once more, whatever was remembered.
  store_->forget_mailbox_size(client);
  TRY_ASSIGN(full, is_full(client));
  if (!full) return true;
  told_[client] = step.steady();
  TRY_ASSIGN(const store::Client* who, directory_->client(client));
  const std::string whom = Directory::address_of(*who);
  const std::string limit = std::to_string(options_->max_mailbox);
  step.happened("mailbox_full", id, whom, limit + " messages wait");
  step.log(LogLine::kWarning, "the mailbox of " + whom + " (" + who->code + ") is full: " + limit +
                                  " messages wait, as many as max_mailbox allows; what is for it "
                                  "alone stays with its senders, everything else for it is dead");
  return false;
}

Result<std::size_t> Mailboxes::full() {
  std::size_t count = 0;
  for (auto one = told_.begin(); one != told_.end();) {
    TRY_ASSIGN(const bool full, is_full(one->first));
    count += full ? 1 : 0;
    one = full ? std::next(one) : told_.erase(one);
  }
  return count;
}

}  // namespace yizhan::broker
