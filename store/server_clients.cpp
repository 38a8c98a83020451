// Clients of the server database, and finding them by what they are called.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/db.h"
#include "store/limits.h"
#include "store/rows.h"
#include "store/server_store.h"

#define YIZHAN_CLIENT_COLUMNS \
  "id, public_key, code, state, name, user, host, ip, created_us, last_seen_us, epoch"

namespace yizhan::store {
namespace {

constexpr std::string_view kRole = "role";
constexpr std::string_view kGroup = "group";
constexpr std::string_view kMac = "mac";
constexpr std::string_view kZone = "zone";
constexpr std::string_view kAgentZone = "agent_zone";

Result<Client> read_client(Statement& row) {
  Client client;
  client.id = row.column_int(0);
  TRY_ASSIGN(client.key, read_bytes<PublicKey>(row, 1, "client.public_key"));
  client.code = row.column_text(2);
  client.state = static_cast<ClientState>(row.column_int(3));
  client.name = row.column_text(4);
  client.user = row.column_text(5);
  client.host = row.column_text(6);
  client.ip = row.column_text(7);
  client.created_us = row.column_int(8);
  client.last_seen_us = row.column_int(9);
  client.epoch = static_cast<std::uint64_t>(row.column_int(10));
  return client;
}

void add_attribute(Client& client, std::string_view kind, std::string_view value) {
  if (kind == kRole) client.roles.emplace(value);
  if (kind == kGroup) client.groups.emplace(value);
  if (kind == kMac) client.mac.emplace_back(value);
  if (kind == kZone) client.zone = value;
  if (kind == kAgentZone) client.agent_zone = value;
}

Status check_client(const Client& client) {
  TRY(check_text("unique code", client.code));
  TRY(check_text("user", client.user));
  TRY(check_text("ip", client.ip));
  TRY(check_text("zone", client.zone));
  TRY(check_text("zone", client.agent_zone));
  for (const std::string& role : client.roles) TRY(check_text("role", role));
  for (const std::string& group : client.groups) TRY(check_text("group", group));
  for (const std::string& mac : client.mac) TRY(check_text("mac", mac));
  return {};
}

/// Empty for a kind that clients cannot be found by.
std::string_view search_of(std::string_view kind) {
  if (kind == "user") return "SELECT id FROM client WHERE user = ? AND state = 1 ORDER BY id";
  if (kind == "code") return "SELECT id FROM client WHERE code = ? AND state = 1 ORDER BY id";
  if (kind == "ip") return "SELECT id FROM client WHERE ip = ? AND state = 1 ORDER BY id";
  if (kind == kRole || kind == kGroup || kind == kMac) {
    return "SELECT c.id FROM client_attribute a JOIN client c ON c.id = a.client"
           " WHERE a.kind = ? AND a.value = ? AND c.state = 1 ORDER BY c.id";
  }
  return {};
}

}  // namespace

Status ServerStore::load_attributes(Client& client) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT kind, value FROM client_attribute WHERE client = ?"
                          " ORDER BY kind, value"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first(client.id));
  while (row) {
    add_attribute(client, rows->column_text(0), rows->column_text(1));
    TRY_ASSIGN(row, rows.next());
  }
  return {};
}

Result<std::optional<Client>> ServerStore::client_by_key(const PublicKey& key) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_CLIENT_COLUMNS " FROM client WHERE public_key = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(blob(key)));
  if (!found) return std::optional<Client>();
  TRY_ASSIGN(Client client, read_client(*row));
  TRY(load_attributes(client));
  return std::optional<Client>(std::move(client));
}

Result<std::optional<Client>> ServerStore::client_by_id(ClientId id) {
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT " YIZHAN_CLIENT_COLUMNS " FROM client WHERE id = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(id));
  if (!found) return std::optional<Client>();
  TRY_ASSIGN(Client client, read_client(*row));
  TRY(load_attributes(client));
  return std::optional<Client>(std::move(client));
}

Result<std::vector<Client>> ServerStore::clients() {
  std::vector<Client> clients;
  {
    TRY_ASSIGN(Statement* const select,
               db_->prepare("SELECT " YIZHAN_CLIENT_COLUMNS " FROM client ORDER BY id"));
    Rows rows(select);
    TRY_ASSIGN(bool row, rows.first());
    while (row) {
      TRY_ASSIGN(Client client, read_client(*rows));
      clients.push_back(std::move(client));
      TRY_ASSIGN(row, rows.next());
    }
  }
  TRY_ASSIGN(Statement* const select,
             db_->prepare("SELECT client, kind, value FROM client_attribute"
                          " ORDER BY client, kind, value"));
  Rows rows(select);
  TRY_ASSIGN(bool row, rows.first());
  auto client = clients.begin();
  while (row) {
    const ClientId id = rows->column_int(0);
    while (client != clients.end() && client->id < id) ++client;
    if (client != clients.end() && client->id == id) {
      add_attribute(*client, rows->column_text(1), rows->column_text(2));
    }
    TRY_ASSIGN(row, rows.next());
  }
  return clients;
}

Result<std::int64_t> ServerStore::count_clients(ClientState state) {
  TRY_ASSIGN(Statement* const select, db_->prepare("SELECT COUNT(*) FROM client WHERE state = ?"));
  Rows row(select);
  TRY_ASSIGN(const bool found, row.first(state));
  return found ? row->column_int(0) : 0;
}

Status ServerStore::insert_attributes(const Client& client) {
  TRY_ASSIGN(Statement* const insert,
             db_->prepare("INSERT INTO client_attribute (kind, value, client) VALUES (?, ?, ?)"));
  for (const std::string& role : client.roles) TRY(insert->run(kRole, role, client.id));
  for (const std::string& group : client.groups) TRY(insert->run(kGroup, group, client.id));
  const std::set<std::string> macs(client.mac.begin(), client.mac.end());
  for (const std::string& mac : macs) TRY(insert->run(kMac, mac, client.id));
  if (!client.zone.empty()) TRY(insert->run(kZone, client.zone, client.id));
  if (!client.agent_zone.empty()) TRY(insert->run(kAgentZone, client.agent_zone, client.id));
  return {};
}

Result<ClientId> ServerStore::save_client(const Client& client) {
  TRY(check_client(client));
  Client saved = client;
  const auto epoch = static_cast<std::int64_t>(client.epoch);
  if (client.id == 0) {
    TRY_ASSIGN(Statement* const insert,
               db_->prepare("INSERT INTO client (public_key, code, state, name, user, host, ip,"
                            " created_us, last_seen_us, epoch)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TRY(insert->run(blob(client.key), client.code, client.state, client.name, client.user,
                    client.host, client.ip, client.created_us, client.last_seen_us, epoch));
    saved.id = db_->last_insert_id();
  } else {
    TRY_ASSIGN(Statement* const update,
               db_->prepare("UPDATE client SET public_key = ?, code = ?, state = ?, name = ?,"
                            " user = ?, host = ?, ip = ?, created_us = ?, last_seen_us = ?,"
                            " epoch = ? WHERE id = ?"));
    TRY(update->run(blob(client.key), client.code, client.state, client.name, client.user,
                    client.host, client.ip, client.created_us, client.last_seen_us, epoch,
                    client.id));
    if (db_->changes() == 0) {
      return Error{Code::kNotFound, "no client with id " + std::to_string(client.id)};
    }
    TRY_ASSIGN(Statement* const clear,
               db_->prepare("DELETE FROM client_attribute WHERE client = ?"));
    TRY(clear->run(client.id));
  }
  TRY(insert_attributes(saved));
  return saved.id;
}

Status ServerStore::touch_client(ClientId id, std::int64_t last_seen_us) {
  TRY_ASSIGN(Statement* const update,
             db_->prepare("UPDATE client SET last_seen_us = ? WHERE id = ?"));
  TRY(update->run(last_seen_us, id));
  if (db_->changes() != 0) return {};
  return Error{Code::kNotFound, "no client with id " + std::to_string(id)};
}

Result<std::vector<ClientId>> ServerStore::find_clients(std::string_view kind,
                                                        std::string_view value) {
  const std::string_view search = search_of(kind);
  if (search.empty()) {
    return Error{
        Code::kInvalid,
        "clients are found by user, code, mac, ip, role or group, not by " + std::string(kind)};
  }
  TRY_ASSIGN(Statement* const select, db_->prepare(search));
  Rows rows(select);
  const bool by_attribute = kind == kRole || kind == kGroup || kind == kMac;
  TRY_ASSIGN(bool row, by_attribute ? rows.first(kind, value) : rows.first(value));
  std::vector<ClientId> found;
  while (row) {
    found.push_back(rows->column_int(0));
    TRY_ASSIGN(row, rows.next());
  }
  return found;
}

}  // namespace yizhan::store
