// The grammars of the words that settings hold.
#pragma once
#include <string_view>

namespace troupe::config {

/// [a-z0-9-], 64 at most, a letter or digit first: it is a token of every subject on the bus.
bool is_cluster_name(std::string_view text);

/// [A-Za-z0-9_-], 64 at most, a letter or digit first: likewise.
bool is_node_name(std::string_view text);

/// "gpu", "gpu=1", "zone=eu-1"
bool is_label(std::string_view text);

/// "probe.http", "probe.*", "*": what a role may call.
bool is_tool_pattern(std::string_view text);

/// "troupe.example.org", "127.0.0.1", "[::1]": what stands before a port.
bool is_host(std::string_view text);

/// "127.0.0.1:8420", "localhost:0", "[::1]:8420": a host and a port.
bool is_listen_address(std::string_view text);

/// "http://10.0.0.7:8420", "https://troupe.example.org": a scheme, a host and maybe a port, no
/// path.
bool is_http_url(std::string_view text);

/// nats:// or tls:// addresses, separated by commas.
bool is_nats_url(std::string_view text);

/// postgres://.., postgresql://.. or "host=.. dbname=.."
bool is_postgres_url(std::string_view text);

} // namespace troupe::config
