# frozen_string_literal: true

require "net/http"
require_relative "peer"

# Net::HTTP, a connection kept alive for each thread.
class NetHttp < Peer
  NAME = "Net::HTTP, kept alive"
  VERSION = "net-http #{Gem.loaded_specs['net-http']&.version || Net::HTTP::VERSION}".freeze

  private

  def post(json)
    response = connection.post(uri.path, json, HEADERS)
    response.is_a?(Net::HTTPSuccess) ? response.body : unavailable(response.code)
  rescue StandardError
    Thread.current[:bench_connection] = nil unless response
    raise
  end

  def connection
    Thread.current[:bench_connection] ||= Net::HTTP.new(uri.host, uri.port).tap do |http|
      http.read_timeout = http.open_timeout = @timeout
      http.max_retries = 0
      http.start
    end
  end

  def uri
    @uri ||= URI(@url)
  end
end
