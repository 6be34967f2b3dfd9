# frozen_string_literal: true

require "zlib"
require_relative "exchange"

# Processes that call a gateway that fails, see benchmark/soak.rb.
module Soak
  # Every way in which a gateway fails, and some in which it answers.
  #
  # @!attribute [r] reason
  #   @return [Symbol, nil] of the hop that comes of it; nil where it is an answer all the same
  # @!attribute [r] bills
  #   @return [Symbol] +:stated+ where it bills and says so, +:perhaps+ where it says nothing, +:never+
  # @!attribute [r] play
  #   @return [Proc] what it does to an {Exchange}
  Fault = Struct.new(:reason, :bills, :play)

  # How large an answer may be, in bytes.
  MOST = 200_000
  # Seconds between two bytes of a server that drips.
  DROP = 0.1

  def self.status(number, error = "", **headers)
    body = %({"error":{"code":#{number},"message":"soaked"#{error}}})
    [:never, ->(x) { x.reply(body, status: number, **headers) }]
  end

  def self.drip(exchange, text)
    text.each_char { |byte| exchange.write(byte) && (exchange.rest(DROP) || break) }
    exchange.close
  end
  private_class_method :status, :drip

  # Those that take an attempt all its time.
  SLOW = {
    "hang" => [:timeout, :perhaps, :stay.to_proc],
    "half_a_head" => [:timeout, :perhaps, ->(x) { x.write(x.head(90)[0, 30]) && x.stay }],
    "headers_alone" => [:timeout, :perhaps, ->(x) { x.write(x.head(90)) && x.stay }],
    "half_a_body" => [:timeout, :perhaps, ->(x) { x.write("#{x.head(900)}#{x.completion[0, 90]}") && x.stay }],
    "newlines" => [:timeout, :perhaps, ->(x) { x.write(x.head(900)) && drip(x, "\n" * 600) }],
    "byte_by_byte" => [:timeout, :perhaps, ->(x) { x.write(x.head(900)) && drip(x, x.completion) }],
    "a_head_byte_by_byte" => [:timeout, :perhaps, ->(x) { drip(x, x.head(900)) }]
  }.freeze

  # Those that break the connection.
  BROKEN = {
    "reset" => [:connection, :perhaps, :reset.to_proc],
    "close" => [:connection, :perhaps, :close.to_proc],
    "cut_in_the_head" => [:connection, :perhaps, ->(x) { x.write(x.head(90)[0, 30]) && x.close }],
    "cut_in_the_body" => [:connection, :perhaps, ->(x) { x.write("#{x.head(900)}#{x.completion[0, 90]}") && x.close }],
    "reset_in_the_body" => [:connection, :perhaps, ->(x) { x.write(x.head(900)) && x.reset }],
    "cut_between_chunks" => [:connection, :perhaps, lambda { |x|
      x.write(x.head(nil, "Transfer-Encoding" => "chunked"))
      x.write_chunk(x.completion) && x.close
    }],
    "not_http" => [:connection, :perhaps, ->(x) { x.write("220 mail.example ESMTP\r\n") && x.close }]
  }.freeze

  # Those that answer with what is no answer.
  BAD = {
    "html" => [:bad_answer, :perhaps, ->(x) { x.reply("<html>Welcome</html>", "Content-Type" => "text/html") }],
    "nothing" => [:bad_answer, :perhaps, ->(x) { x.reply("") }],
    "half_the_json" => [:bad_answer, :perhaps, ->(x) { x.reply(x.completion[0..-20]) }],
    "garbled_gzip" => [:bad_answer, :perhaps, ->(x) { x.reply("no gzip", "Content-Encoding" => "gzip") }],
    "too_large" => [:bad_answer, :perhaps, ->(x) { x.reply(x.completion(more: " " * MOST)) }],
    "bomb" => [:bad_answer, :perhaps, ->(x) { x.gzip(" " * (20 * MOST)) }],
    "endless_cost" => [:bad_answer, :perhaps, ->(x) { x.reply(x.completion(cost: "9" * 4_000)) }],
    "not_utf8" => [:bad_answer, :stated, ->(x) { x.reply(x.completion(content: %("\xFF")).b) }],
    "empty" => [:bad_answer, :stated, ->(x) { x.reply(x.completion(content: '""')) }],
    "blank" => [:blank, :stated, ->(x) { x.reply(x.completion(content: '""', finish: '"length"')) }],
    "no_choices" => [:bad_answer, :stated, ->(x) { x.reply(x.bare('"choices":[]')) }],
    "redirect" => [:bad_answer, *status(307, "Location" => "http://127.0.0.1:1/")]
  }.freeze

  # Those that say what is the matter.
  SAID = {
    "error_in_a_200" => [:unavailable, :stated, ->(x) { x.reply(x.bare('"error":{"code":502,"message":"soaked"}')) }],
    "error_in_a_choice" => [:unavailable, :stated, lambda { |x|
      choice = '{"finish_reason":"error","error":{"code":502,"message":"soaked"},"message":{"content":"Ye"}}'
      x.reply(x.bare(%("choices":[#{choice}])))
    }],
    **[500, 502, 504, 524, 529].to_h { |number| [number.to_s, [:unavailable, *status(number)]] },
    "503_for_a_second" => [:unavailable, *status(503, "Retry-After" => 1)],
    "408" => [:timeout, *status(408)],
    "429" => [:rate_limited, *status(429)],
    "429_for_a_second" => [:rate_limited, *status(429, "Retry-After" => 1)],
    "too_much_in_flight" => [:rate_limited,
                             *status(402, ',"metadata":{"limit_source":"openrouter_in_flight_budget"}')],
    "402" => [:insufficient_credits, *status(402)],
    "can_only_afford" => [:insufficient_credits, *status(402, ',"detail":"can only afford 9"')],
    "401" => [:unauthorized, *status(401)],
    "401_of_a_provider" => [:unauthorized, *status(401, ',"metadata":{"provider_name":"Soaked"}')],
    "403" => [:rejected, *status(403)],
    "404" => [:model_not_found, *status(404)],
    "400" => [:rejected, *status(400)],
    "moderated" => [:moderated, *status(403, ',"metadata":{"reasons":["soaked"]}')]
  }.freeze

  FAULTS = { **SLOW, **BROKEN, **BAD, **SAID }.transform_values { |fault| Fault.new(*fault) }.freeze

  # Ways to answer, the first of them as often as all others together.
  ANSWERS = {
    "answer" => ->(x) { x.reply(x.completion) },
    "in_gzip" => ->(x) { x.gzip(x.completion) },
    "last_on_its_connection" => ->(x) { x.reply(x.completion, "Connection" => "close") && x.close },
    "closed_after_it" => ->(x) { x.reply(x.completion) && x.close },
    "in_chunks" => lambda { |x|
      x.write(x.head(nil, "Transfer-Encoding" => "chunked"))
      [*x.completion.scan(/.{1,40}/), ""].each { |part| x.write_chunk(part) }
    },
    "after_newlines" => lambda { |x|
      x.write(x.head(nil, "Transfer-Encoding" => "chunked"))
      3.times { x.write_chunk("\n") && x.rest(0.03) }
      [x.completion, ""].each { |part| x.write_chunk(part) }
    }
  }.transform_values { |play| Fault.new(nil, :stated, play) }.freeze
end
