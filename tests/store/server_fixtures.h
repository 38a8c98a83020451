#pragma once
// Made-up clients and messages, and a server store on any database.

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "config/ids.h"
#include "store/db.h"
#include "store/server_store.h"
#include "tests/store/checks.h"

namespace yizhan::store {

inline MessageId id_of(std::uint64_t number) {
  MessageId id;
  for (std::size_t at = 0; at < 8; ++at) {
    id.data[15 - at] = static_cast<unsigned char>(number >> (8 * at));
  }
  return id;
}

template <class Bytes>
Bytes bytes_of(unsigned char fill) {
  Bytes bytes;
  bytes.data.fill(fill);
  return bytes;
}

inline StoredMessage message_of(std::uint64_t number, std::int64_t stored_us = 1000) {
  StoredMessage message;
  message.id = id_of(number);
  message.sender = 7;
  message.kind = 3;
  message.ack = 2;
  message.state = "new";
  message.stored_us = stored_us;
  message.content_hash = bytes_of<ContentHash>(static_cast<unsigned char>(number));
  message.envelope = "envelope " + std::to_string(number);
  message.body = "body " + std::to_string(number);
  return message;
}

inline Client client_of(unsigned char number) {
  Client client;
  client.key = bytes_of<PublicKey>(number);
  client.code = "CODE-" + std::to_string(number);
  client.state = ClientState::kAccepted;
  client.name = "译员 " + std::to_string(number);
  client.user = "user" + std::to_string(number);
  client.host = "host";
  client.ip = "192.0.2.1";
  client.mac = {"00:11:22:33:44:55"};
  client.roles = {"translator"};
  client.created_us = 5;
  client.last_seen_us = 6;
  client.epoch = 0xfedcba9876543210;
  return client;
}

/// A server store on a new database of the fixture's kind.
template <class Fixture>
struct ServerOn : Fixture {
  ServerOn() : db(take(this->open())), store(take(ServerStore::open(*db))) {}

  /// Ends the program and starts it again, where the database outlives its connection.
  void restart() {
    store.reset();
    if constexpr (Fixture::kSurvivesClosing) {
      db.reset();
      db = take(this->open());
    }
    store = take(ServerStore::open(*db));
  }

  /// Stores a message and queues it for each client.
  MessageSeq relay(const StoredMessage& message, std::initializer_list<ClientId> clients) {
    const MessageSeq seq = take(store->insert_message(message));
    for (const ClientId client : clients) {
      CHECK(take(store->insert_delivery(seq, client, message.stored_us, "")));
    }
    return seq;
  }

  void move(MessageSeq message, ClientId client, DeliveryState state, std::int64_t at_us = 2000) {
    Delivery delivery = take(store->delivery(message, client)).value();
    delivery.state = state;
    delivery.state_us = at_us;
    take(store->update_delivery(delivery));
  }

  std::unique_ptr<Db> db;
  std::optional<ServerStore> store;
};

/// "seq seq …" of messages, for comparing.
inline std::string seqs(const std::vector<StoredMessage>& messages) {
  std::string text;
  for (const StoredMessage& message : messages) text += std::to_string(message.seq) + " ";
  return text;
}

inline std::string text_of(const Ledger& ledger) {
  return "accepted " + std::to_string(ledger.accepted) + " queued " +
         std::to_string(ledger.queued) + " done " + std::to_string(ledger.done) + " expired " +
         std::to_string(ledger.expired) + " dead " + std::to_string(ledger.dead) + " purged " +
         std::to_string(ledger.purged) + " messages " + std::to_string(ledger.messages);
}

}  // namespace yizhan::store
