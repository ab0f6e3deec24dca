#include "net/keys/certificate.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "net/closer.hpp"

namespace troupe::keys {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Closer<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Closer<&X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Closer<&X509_EXTENSION_free>>;
using Text = std::unique_ptr<BIO, Closer<&BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Closer<&BN_free>>;

constexpr long version_3 = 2;
constexpr int serial_bits = 127;

Error broken(const char* what) {
  return make_error(ErrorClass::internal, std::string{"OpenSSL cannot make "} + what);
}

Text reader(std::string_view text) {
  return Text{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

template <class Write>
std::string written(Write write) {
  const Text out{BIO_new(BIO_s_mem())};
  if (!out || write(out.get()) != 1) return {};
  const char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<CertifiedKey> as_pem(X509* certificate, EVP_PKEY* key) {
  CertifiedKey pem;
  pem.certificate = written([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
  pem.key = written([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  if (pem.certificate.empty() || pem.key.empty()) return broken("PEM of a certificate");
  return pem;
}

std::time_t seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

/// One that is not signed yet, issued by nobody.
Certificate blank(EVP_PKEY* key, const std::string& name, Validity validity) {
  Certificate certificate{X509_new()};
  const Number serial{BN_new()};
  auto* raw = certificate.get();
  const bool made = raw != nullptr && serial &&
                    BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, 0) == 1 &&
                    X509_set_version(raw, version_3) == 1 &&
                    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(raw)) != nullptr &&
                    ASN1_TIME_set(X509_getm_notBefore(raw), seconds(validity.from)) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(raw), seconds(validity.until)) != nullptr &&
                    X509_set_pubkey(raw, key) == 1 &&
                    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                                               reinterpret_cast<const unsigned char*>(name.c_str()),
                                               -1, -1, 0) == 1;
  if (!made) certificate.reset();
  return certificate;
}

bool extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string alternative_name(const std::string& host) {
  unsigned char address[16];
  const bool is_address = inet_pton(AF_INET, host.c_str(), address) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), address) == 1;
  return (is_address ? "IP:" : "DNS:") + host;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string names;
  for (const auto& host : hosts) names += (names.empty() ? "" : ",") + alternative_name(host);
  return names;
}

} // namespace

Result<CertifiedKey> make_authority(const std::string& name, Validity validity) {
  const Key key{EVP_EC_gen("P-256")};
  if (!key) return broken("a key");
  const auto made = blank(key.get(), name, validity);
  auto* certificate = made.get();
  if (!made ||
      !extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(certificate, certificate, NID_subject_key_identifier, "hash") ||
      !sign(certificate, certificate, key.get()))
    return broken("an authority's certificate");
  return as_pem(certificate, key.get());
}

Result<CertifiedKey> certify_server(const CertifiedKey& authority, const std::string& name,
                                    const std::vector<std::string>& hosts, Validity validity) {
  const Certificate issuer{
      PEM_read_bio_X509(reader(authority.certificate).get(), nullptr, nullptr, nullptr)};
  const Key issuer_key{
      PEM_read_bio_PrivateKey(reader(authority.key).get(), nullptr, nullptr, nullptr)};
  if (!issuer || !issuer_key)
    return make_error(ErrorClass::invalid_input,
                      "the certificate or the key of the authority cannot be read");
  const Key key{EVP_EC_gen("P-256")};
  if (!key) return broken("a key");
  const auto made = blank(key.get(), name, validity);
  auto* certificate = made.get();
  if (!made || !extend(certificate, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(certificate, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !extend(certificate, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") ||
      !extend(certificate, issuer.get(), NID_authority_key_identifier, "keyid:always") ||
      !extend(certificate, issuer.get(), NID_subject_alt_name, alternative_names(hosts)) ||
      !sign(certificate, issuer.get(), issuer_key.get()))
    return broken("a server's certificate");
  return as_pem(certificate, key.get());
}

Result<Instant> valid_until(std::string_view text) {
  const Certificate certificate{PEM_read_bio_X509(reader(text).get(), nullptr, nullptr, nullptr)};
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return make_error(ErrorClass::invalid_input, "this is not a certificate in PEM");
  return Instant{std::chrono::seconds{timegm(&end)}};
}

} // namespace troupe::keys
