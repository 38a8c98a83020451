#pragma once
// The TLS half of the HTTP server. Included by its *_beast.cpp only: it brings Asio with it.

#include <boost/asio/ssl/context.hpp>

#include "broker/http_tls.h"
#include "config/result.h"

namespace yizhan::broker {

/// Sets `context`, a fresh one, up for a server with these files: TLS 1.2 and later, no
/// renegotiation, no compression. Errors as check_tls_certificate() and check_tls_key().
Status use_tls(boost::asio::ssl::context& context, const TlsFiles& files);

/// Whether a handshake failed because the other side spoke HTTP without TLS.
bool was_plain_http(const boost::system::error_code& error);

}  // namespace yizhan::broker
