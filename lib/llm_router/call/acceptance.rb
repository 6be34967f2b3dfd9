# frozen_string_literal: true

require "timeout"

class LlmRouter
  # What +accept:+ of a call is made of: says why an answer is refused. See docs/answers.md.
  # @api private
  class Acceptance
    # An interrupt that looks like an error of the caller's own code waits until that has ended, so that it is never
    # taken for a refusal. A Timeout never is one.
    DEFERRED = { StandardError => :never, ScriptError => :never, Timeout::Error => :immediate }.compare_by_identity
    DEFERRED.freeze
    # Characters; longer quotations are found in any form.
    SHORT = 16
    MASK = "[FILTERED]"
    private_constant :DEFERRED, :SHORT, :MASK

    # @param accept [#call, Hash, Boolean, nil] as the caller gave it
    # @param place [String] for errors
    # @return [Acceptance, nil]
    # @raise [ArgumentError] it cannot judge an answer
    def self.of(accept, place)
      case accept
      when nil then nil
      when Hash, true, false then new(AcceptedSchema.new(accept, place), place)
      else new(accept, place)
      end
    end

    # @param requests [Array<Hash>] of {LlmRouter#call_all}
    # @param default [#call, Hash, Boolean, nil] for those that have none of their own
    # @return [Array<Acceptance, nil>]
    # @raise [ArgumentError]
    def self.all(requests, default)
      default = of(default, "accept")
      requests.each_with_index.map do |request, number|
        own = Input.given(request, :accept)
        own.nil? ? default : of(own, "requests[#{number}]: accept")
      end
    end

    # @param judge [#call]
    def initialize(judge, place)
      unless judge.respond_to?(:call)
        raise ArgumentError, "#{place}: a #{judge.class} cannot judge an answer: give a lambda, such as " \
                             "->(response) { response.content.size < 500 }, or a JSON Schema, such as " \
                             '{ type: "object", required: ["price"] }'
      end
      unless takes_a_response?(judge)
        raise ArgumentError, "#{place}: is called with the response, and takes something else: give it one parameter"
      end

      @judge = judge
    end

    # @param response [Response]
    # @return [String, nil] why it is refused
    def refusal(response)
      Uninterrupted.run(Uninterrupted.mask(DEFERRED)) { judge(response) }
    end

    private

    def judge(response)
      verdict = @judge.call(response)
      "accept returned #{verdict.inspect}" unless verdict
    rescue NoJson, AcceptedSchema::Broken => e
      e.message
    rescue Timeout::Error
      raise
    # Deep recursion is a fault of the code or the answer, and no interrupt.
    rescue StandardError, ScriptError, SystemStackError => e
      without_quotations(words_of(e), response)
    end

    # Many libraries quote the text that they cannot read. One that is short is hidden if it is quoted whole.
    def without_quotations(words, response)
      said = [response.content, response.refusal, response.reasoning,
              *response.tool_calls.map { |call| call.dig("function", "arguments") }].grep(String)
      quoted = said.flat_map { |text| [text, text.strip] }.reject { |text| text.empty? || text.size > SHORT }
      quoted = Regexp.union(quoted.flat_map { |text| [text.inspect, "'#{text}'"] })
      Native.without_quotations(words.gsub(quoted, MASK), said)
    end

    def words_of(error)
      # Without the source code that Ruby 3.1 appends.
      words = error.respond_to?(:original_message) ? error.original_message : error.message
      words = words.to_s.encode("UTF-8", invalid: :replace, undef: :replace).scrub
      words.strip.empty? ? error.class.to_s : words
    rescue StandardError
      error.class.to_s
    end

    def takes_a_response?(judge)
      judge = judge.method(:call) unless judge.respond_to?(:parameters)
      kinds = judge.parameters.map(&:first)
      kinds.count(:req) <= 1 && kinds.intersect?(%i[req opt rest]) && !kinds.include?(:keyreq)
    end
  end
end
