# frozen_string_literal: true

require_relative "faraday"
begin
  require "faraday/net_http_persistent"
rescue LoadError
  # Faraday 1 comes with the adapter.
  require "net/http/persistent"
end

# Faraday over net-http-persistent.
class FaradayPersistent < FaradayEachCall
  NAME = "Faraday, kept alive"
  VERSION = "faraday #{Faraday::VERSION}, net-http-persistent #{Net::HTTP::Persistent::VERSION}".freeze

  private

  def connection
    @connection ||= Faraday.new(request: { timeout: @timeout, open_timeout: @timeout }) do |faraday|
      faraday.adapter :net_http_persistent, pool_size: 64
    end
  end
end
