#include "net/bus/tls_probe.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <memory>

#include "net/closer.hpp"

namespace troupe::bus {
namespace {

using Context = std::unique_ptr<SSL_CTX, Closer<&SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Closer<&SSL_free>>;
using Connection = std::unique_ptr<BIO, Closer<&BIO_free_all>>;

constexpr int greeting_bytes_max = 64 * 1024;

Connection connect_to(const NatsAddress& address, Millis timeout) {
  Connection connection{BIO_new(BIO_s_connect())};
  if (!connection) return nullptr;
  BIO_set_conn_hostname(connection.get(), address.host.c_str());
  BIO_set_conn_port(connection.get(), address.port.c_str());
  if (BIO_do_connect(connection.get()) != 1) return nullptr;
  const timeval limit{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  int descriptor = -1;
  BIO_get_fd(connection.get(), &descriptor);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return connection;
}

/// A nats-server greets in clear, and then expects the handshake.
bool read_greeting(BIO* connection) {
  char c = 0;
  for (int i = 0; i < greeting_bytes_max; ++i) {
    if (BIO_read(connection, &c, 1) != 1) return false;
    if (c == '\n') return true;
  }
  return false;
}

} // namespace

std::string why_untrusted(const NatsAddress& address, const std::string& ca_file, Millis timeout) {
  const Context context{SSL_CTX_new(TLS_client_method())};
  if (!context) return {};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  auto connection = connect_to(address, timeout);
  const Session session{SSL_new(context.get())};
  std::string why;
  if (loaded == 1 && session && connection && read_greeting(connection.get())) {
    SSL_set1_host(session.get(), address.host.c_str());
    auto* raw = connection.release();
    SSL_set_bio(session.get(), raw, raw);
    const long verdict =
        SSL_connect(session.get()) == 1 ? X509_V_OK : SSL_get_verify_result(session.get());
    if (verdict != X509_V_OK) why = X509_verify_cert_error_string(verdict);
  }
  ERR_clear_error(); // of this thread; libnats looks there too
  return why;
}

} // namespace troupe::bus
