# frozen_string_literal: true

require "faraday"
require "openssl"
require_relative "peer"

# Faraday as most apps write it: a connection for each call.
class FaradayEachCall < Peer
  NAME = "Faraday, a connection a call"
  VERSION = "faraday #{Faraday::VERSION}".freeze
  # Else Faraday 1 reads the system's certificates for each connection, plain HTTP or not: 15 ms.
  AUTHORITIES = OpenSSL::X509::Store.new

  private

  def post(json)
    response = connection.post(@url, json, HEADERS)
    response.success? ? response.body : unavailable(response.status)
  end

  def connection
    Faraday.new(request: { timeout: @timeout, open_timeout: @timeout }, ssl: { cert_store: AUTHORITIES })
  end
end
