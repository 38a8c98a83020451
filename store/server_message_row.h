#pragma once
// A message as a row, for the two files that read it.

#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/rows.h"
#include "store/server_store.h"

/// In the order that read_message() expects, of a table called m. A macro, so that the statements
/// around it stay string literals.
#define YIZHAN_MESSAGE_COLUMNS                                                              \
  "m.seq, m.id, m.sender, m.kind, m.ack, m.version, m.stored_us, m.expires_us, m.row_hash," \
  " m.in_reply_to, m.state, m.content_hash, m.envelope, m.body"

namespace yizhan::store {

/// The message of the current row, which may be damaged.
StoredMessage read_message(Statement& row);

/// All rows from the current one (if `row`) on.
Result<std::vector<StoredMessage>> read_messages(Rows& rows, bool row);

}  // namespace yizhan::store
