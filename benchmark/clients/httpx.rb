# frozen_string_literal: true

require "httpx"
require_relative "peer"

# httpx, with its persistent plugin, a session for each thread.
class HttpxKeptAlive < Peer
  NAME = "httpx"
  VERSION = "httpx #{HTTPX::VERSION}".freeze

  private

  def post(json)
    response = session.post(@url, body: json)
    response.raise_for_status
    response.body.to_s
  end

  def session
    Thread.current[:bench_session] ||=
      HTTPX.plugin(:persistent).with(headers: HEADERS, timeout: { request_timeout: @timeout }, max_retries: 0)
  end
end
