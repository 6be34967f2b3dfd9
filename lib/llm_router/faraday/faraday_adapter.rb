# frozen_string_literal: true

require "faraday"
require "json"
require_relative "chat_request"
require_relative "refusal_body"

class LlmRouter
  # Faraday's adapter +:llm_router+: answers +POST …/chat/completions+ by walking a chain, so that a client that is made
  # on Faraday (1 or 2) falls back, and is charged to a budget, with one line. Nothing is sent to the connection's host,
  # and the +model+ of a request is ignored: the chain names the models. See docs/migrating.md.
  #
  # An error becomes the status that such clients expect: 400 for a request at fault, 401, 402, 404, 429 with
  # +Retry-After+, 503; a timeout is a +Faraday::TimeoutError+. What a client cannot handle raises as it does without
  # Faraday: {ConfigurationError}, {CalledInWebRequest} and {ChargeFailed}, which has the answer.
  #
  # @example
  #   client = OpenAI::Client.new do |f|
  #     f.adapter :llm_router, chain: :default, budget: -> { LlmBudget.for(Current.organization) }
  #   end
  #   client.chat(parameters: { messages: [{ role: "user", content: "Hi" }], max_tokens: 200 })
  class FaradayAdapter < ::Faraday::Adapter
    OPTIONS = %i[chain budget timeout deadline feature tags stream].freeze
    RAISED = [ConfigurationError, CalledInWebRequest, ChargeFailed, InternalError].freeze
    private_constant :OPTIONS, :RAISED

    # @param options [Hash] +chain:+ (default: +:default+), +budget:+, +timeout:+ and +deadline:+ as
    #   {LlmRouter#initialize} takes them, +budget:+ also as a block that is called for each request; +feature:+ and
    #   +tags:+ as {LlmRouter#call} does. +stream:+ is the adapter for requests that stream, such as +:net_http+;
    #   without it they are refused.
    # @raise [ArgumentError] an unknown option, or no budget
    def initialize(app = nil, options = {}, &)
      super(app, {}, &)
      @options = options
      check(options)
      @streaming = ::Faraday::Adapter.lookup_middleware(options[:stream]).new(nil, {}) if options[:stream]
    end

    # Called by Faraday.
    # @param env [Faraday::Env]
    # @return [Faraday::Response]
    # @raise [Faraday::TimeoutError, Faraday::ConnectionFailed] if that is how every model failed
    def call(env)
      request = ChatRequest.new(env)
      return @streaming.call(env) if @streaming && request.streams?

      super
      status, body, headers = answer(request, env)
      save_response(env, status, JSON.generate(body), { "content-type" => "application/json", **headers })
      @app.call(env)
    end

    private

    def check(options)
      unknown = (options.keys - OPTIONS).join(", ")
      raise ArgumentError, "adapter :llm_router: unknown #{unknown}: give #{OPTIONS.join(', ')}" unless unknown.empty?
      return if options[:budget]

      raise ArgumentError, "adapter :llm_router needs a budget: give budget: LlmBudget.for(organization), a block " \
                           "that returns one, or LlmRouter::Unlimited"
    end

    # What the request is sent through, and under which labels.
    def terms(_env, _request)
      @options
    end

    # @return [Array(Integer, Hash, Hash)] status, body, headers
    def answer(request, env)
      wrong = request.fault
      return [wrong.status, wrong.to_h, {}] if wrong

      response = routed(request, env)
      env[:llm_router_response] = response
      [200, completion(response), {}]
    rescue *RAISED
      raise
    rescue Error => e
      failed(e)
    end

    def routed(request, env)
      terms = terms(env, request)
      budget = terms[:budget]
      budget = budget.call if budget.respond_to?(:call) && !budget.respond_to?(:charge!)
      router = LlmRouter.new(chain: terms.fetch(:chain, :default), budget: budget, timeout: terms[:timeout],
                             deadline: terms[:deadline] || deadline(env))
      router.call(messages: request.messages, **terms.slice(:feature, :tags).compact, **request.options)
    end

    # The client waits no longer than its own timeout.
    def deadline(env)
      timeout = env.request && request_timeout(:read, env.request)
      return unless timeout.is_a?(Numeric) && timeout.positive?

      [timeout, LlmRouter.config.deadline].compact.min
    end

    # What clients read of an answer is there, also if an endpoint left it out.
    def completion(response)
      { "id" => response.id, "object" => "chat.completion", "created" => Time.now.to_i, "model" => response.model,
        "usage" => nil }.merge(response.raw)
    end

    def failed(error)
      status = RefusalBody.status_of(error)
      raise ::Faraday::TimeoutError, error if status == :timeout
      raise ::Faraday::ConnectionFailed, error if status == :connection

      wait = error.respond_to?(:retry_after) && error.retry_after
      [status, RefusalBody.of(error, status), wait ? { "retry-after" => wait.ceil.to_s } : {}]
    end
  end
end
