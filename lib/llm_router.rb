# frozen_string_literal: true

require "bigdecimal"

require "llm_router/version"
require "llm_router/errors"
require "llm_router/native"

%w[fiber_local hooks call_site inheritance own_thread parking unscheduled uninterrupted portable]
  .each { |file| require "llm_router/interop/#{file}" }
require "llm_router/loading"

# Calls the models of an ordered chain, through OpenRouter or another OpenAI-compatible gateway, until one answers.
# Checks the budget before each attempt, and charges it what the answer cost.
#
# A router is frozen, cheap to make, and safe to share between threads and fibers, not Ractors.
#
# @example In an initializer
#   LlmRouter.configure do |config|
#     config.chain :default, %w[anthropic/claude-sonnet-4.5
#                               google/gemini-2.5-flash
#                               meta-llama/llama-3.3-70b-instruct]
#   end
#
# @example In a job
#   router = LlmRouter.new(chain: :default, budget: budget)
#   draft = router.call(messages: [{ role: "user", content: "Hi" }], temperature: 0.2, max_tokens: 200)
#   draft.content  # => "Hello!"
#   draft.cost_usd # => 0.0021 (a BigDecimal; the budget has been charged with it)
class LlmRouter
  extend Loading

  class << self
    # Changes the configuration: what is not set stays as it was. All of it is checked at the end
    # of the block, and takes effect as a whole or not at all. Routers made before keep theirs.
    # @yieldparam config [Configuration]
    # @return [Configuration]
    # @raise [ConfigurationError] what is wrong, and where
    # @example
    #   LlmRouter.configure do |config|
    #     config.timeout = 20 # seconds
    #     config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
    #   end
    def configure(&)
      PlugIns.load_railtie
      Configuration.change(&)
    end

    # @return [Configuration] frozen
    def config
      Configuration.current
    end

    # Allows the calls in the block to hold up a web request.
    # @yield
    # @return [Object] what the block returns
    # @example
    #   LlmRouter.allow_in_request { router.call(messages: messages, max_tokens: 500) }
    def allow_in_request(&)
      WebRequest.allow(&)
    end

    # Labels the calls in the block, for events, charges and the record (docs/record.md). Blocks nest: a feature takes
    # the place of the outer one, and tags are added to the outer ones.
    # @param feature [Symbol, String, nil] the part of the app that makes the calls; that of the budget if there is none
    # @param tags [Hash{Symbol, String => String, Symbol, Integer, Boolean, nil}, nil] 10 at most, such as a tenant or a
    #   ticket; no personal data that a log must not have
    # @yield
    # @return [Object] what the block returns
    # @raise [ArgumentError]
    # @example
    #   LlmRouter.with(feature: :summarize, tags: { tenant: 7 }) { router.call(messages: messages, max_tokens: 500) }
    def with(feature: nil, tags: nil, &block)
      Labels.with(feature, tags, &block)
    end

    # The circuit breakers of this process: the state of each model that it has called. A fork starts with its parent's.
    # @return [Array<Health>]
    # @example
    #   puts LlmRouter.health
    #   # anthropic/claude-sonnet-4.5 at openrouter: cooling_down, failing since … (3 in a row, the last: timeout), …
    def health
      Native::Health.report.map { |known| Health.new(**known) }
    end

    # Switches models off for some time: calls skip them, with a hop +:switched_off+. Every process that records calls
    # obeys within two seconds. If all models of a chain are switched off, they are called all the same, which the log
    # and +switch_ignored.llm_router+ say. Of two switches of one pattern, the later takes the earlier's place.
    # @param pattern [String] a model, or several with +*+ for any characters, in any case of letters. The log and
    #   {Switch#to_s} say if it covers no model of a configured chain
    # @param for [Numeric] seconds until it ends by itself
    # @param by [String, Symbol, nil] who does it; the default is the user and the host
    # @param reason [String, nil]
    # @return [Switch]
    # @raise [ArgumentError] no pattern, no time, or a text that is too long
    # @raise [ConfigurationError] +config.record_calls+ is false, so that no process would obey
    # @example
    #   LlmRouter.switch_off("anthropic/*", for: 7200, by: "on-call", reason: "degraded") # seconds; in Rails 2.hours
    def switch_off(pattern, for:, by: nil, reason: nil)
      PlugIns.switchboard.off(pattern, binding.local_variable_get(:for), by: by, reason: reason)
    end

    # Ends a switch before its time.
    # @param pattern [String, Switch] as it was switched off
    # @param by [String, Symbol, nil] who does it
    # @return [Array<Switch>] what has ended
    # @raise [ArgumentError] it is not switched off; the message says what is
    # @example
    #   LlmRouter.switch_on("anthropic/*", by: "on-call")
    def switch_on(pattern, by: nil)
      PlugIns.switchboard.on(pattern, by: by)
    end

    # @return [Array<Switch>] what is switched off now, as the database has it
    # @example
    #   puts LlmRouter.switches
    #   # anthropic/*: switched off until 2026-11-28 04:00:00 UTC by on-call: degraded
    def switches
      PlugIns.switchboard.in_force
    end

    # Checks what calls need: the keys, the models of the chains, budgets and their tables, jobs, the machine. Takes
    # less than ten seconds, calls no model and prints nothing secret. See docs/doctor.md.
    # @return [Doctor::Report]
    # @example
    #   report = LlmRouter.doctor
    #   puts report
    #   exit 1 unless report.ok?
    def doctor
      PlugIns.doctor
    end

    # Closes all circuit breakers, so that every model is called again. For consoles and tests. Leaves a store that
    # shares cooldowns between processes ({HealthSettings#health_store}) as it is.
    # @return [void]
    def reset_health!
      Native::Health.reset
    end

    # Back to the defaults, for consoles and tests.
    # @return [void]
    def reset_configuration!
      Configuration.reset
    end
  end

  # @param chain [Symbol, String, Array<String, Hash>] a configured chain's name, or candidates as
  #   {Configuration#chain} takes them
  # @param budget [#exhausted?, #charge!] checked before each attempt, and charged the cost in US dollars (a
  #   BigDecimal) of each answer that cost something; {Unlimited} for none
  # @param timeout [Numeric, nil] seconds for one attempt, in place of the configured ones
  # @param deadline [Numeric, nil] seconds for the whole call, likewise
  # @raise [ConfigurationError] an unknown or invalid chain, a missing key
  # @raise [ArgumentError] an object that cannot be a budget
  def initialize(budget:, chain: :default, timeout: nil, deadline: nil)
    PlugIns.load_railtie
    LlmRouter.eager_load!
    @config = LlmRouter.config
    @budget = check_budget(budget)
    @chain = @config.resolve(chain)
    # There, a call raises a clearer error.
    @chain.check_keys! unless @chain.keys? || PlugIns.real_call_in_test?(@config)
    @timeout = timeout ? Setting.seconds("timeout", timeout) : @config.timeout
    @deadline = deadline ? Setting.seconds("deadline", deadline) : @config.deadline
    freeze
  end

  # Calls the models of the chain until one answers. Blocks the calling thread, but no other: the GVL is released while
  # an attempt is on the wire. Under a fiber scheduler it blocks the calling fiber alone.
  #
  # Each attempt may take the timeout, but no more than an equal share of what is left of the deadline: a model that
  # hangs leaves the later candidates time to answer.
  #
  # @param messages [Array<Hash>] as the chat completions API takes them
  # @param accept [#call, Hash, Boolean, nil] judges the answer, which is paid for by then: it gets the {Response}, and
  #   refuses it by returning false or nil, or by raising an error, whose message is why. The next candidate is tried
  #   then. Or a JSON Schema for {Response#parsed}, as it is or as in +response_format+, which needs json_schemer. See
  #   docs/answers.md
  # @param feature [Symbol, String, nil] what the call is for, see {LlmRouter.with}; it is not sent
  # @param tags [Hash, nil] likewise
  # @param headers [Hash{String, Symbol => String, nil}, nil] headers of this call's requests; they take precedence
  #   over those of {Configuration#endpoint} and {Settings#headers}
  # @param options [Hash] everything else the API takes (+temperature+, +max_tokens+, +tools+,
  #   +response_format+, +provider+, …), passed through unchanged
  # @return [Response]
  # @raise [ArgumentError] messages or options that cannot be sent, or no schema; nothing was sent or charged
  # @raise [ConfigurationError] a schema, without json_schemer
  # @raise [BudgetExceeded] the budget had nothing left
  # @raise [RequestRejected] the request is at fault; no further candidate was tried
  # @raise [ChainExhausted] every model failed; {ChainExhausted#retry_after} says when to retry
  # @raise [Unacceptable] the same, and +accept+ refused an answer at least
  # @raise [DeadlineExceeded] the deadline passed
  # @raise [ChargeFailed] the answer is paid for, but the budget could not be charged
  # @raise [Testing::RealCallInTest] in the test environment without {LlmRouter.testing!}
  # @example
  #   router.call(messages: [{ role: "user", content: "Hi" }], max_tokens: 200).content
  # @example An answer that holds
  #   router.call(messages: messages, max_tokens: 200, accept: ->(response) { response.content.size < 500 })
  # @example JSON that holds
  #   format = { type: "json_schema", json_schema: { name: "price", schema: { type: "object", required: ["price"] } } }
  #   router.call(messages: messages, max_tokens: 200, response_format: format, accept: format).parsed["price"]
  def call(messages:, accept: nil, feature: nil, tags: nil, headers: nil, **options)
    Input.check(messages, options)
    headers = @chain.headers_of(headers, "call: headers")
    acceptance = Acceptance.of(accept, "accept")
    @config.check_spelling(options, ArgumentError) { "call" }
    check_surroundings
    labels = Labels.current.and(feature, tags)
    own_messages = CandidateMessages.of(@chain, messages)
    kept = CurrentJob.current&.answers&.of(@budget, @chain, messages, own_messages, options)
    headers = kept.headers + headers if kept
    Call.new(**terms_of_call, labels: labels, acceptance: acceptance, kept: kept).run do |call|
      @chain.native.walk(call, ["messages", messages], [options, headers, own_messages], *terms)
    end
  end

  # Makes many calls at once, on the calling thread alone. The GVL is released while their attempts are on the wire,
  # side by side. Each call has a deadline, hops, reservations and charges of its own, as one made by {#call}. Its
  # result is a response, or the error that {#call} would have raised.
  #
  # When the budget has nothing left, no further call starts: each of the rest gets a {BudgetExceeded}. A call that
  # would fit if other calls of the batch released their reservations waits for them; its deadline does not run then.
  #
  # An interrupt of the thread, such as a +Timeout+, ends all calls under way, and so does an error of the block. What
  # they have spent by then is charged. Answers that arrived and were not yielded yet are lost: keep the block short,
  # and rescue inside it.
  #
  # @param requests [Enumerable<Hash>] each with what {#call} takes: +messages:+ and the options. All are read before
  #   the first is sent. +context:+, any object of the caller's, is not sent; the result returns it
  #   ({Response#context}, and so do errors). +accept:+, +feature:+, +tags:+ and +headers:+ are as in {#call}.
  # @param accept [#call, Hash, Boolean, nil] judges the answers to the requests that have no +accept:+ of their own
  # @param concurrency [Integer] how many calls are under way at a time, at most
  # @yield for each call as it ends, on the calling thread, while the others go on and before more start
  # @yieldparam request [Hash] as it was given
  # @yieldparam result [Response, StandardError, ScriptError] a ScriptError if a budget raises one
  # @return [Array<Response, StandardError, ScriptError>] in the order of the requests, frozen
  # @raise [ArgumentError] requests that cannot be sent, with their index; nothing was sent or charged
  # @example
  #   requests = ["Hi", "Bye"].map { |text| { messages: [{ role: "user", content: text }], max_tokens: 200 } }
  #   router.call_all(requests) do |request, result|
  #     warn result.message unless result.is_a?(LlmRouter::Response)
  #   end
  # @example Each with its record
  #   requests = tickets.map { |ticket| { messages: prompt(ticket), max_tokens: 200, context: ticket } }
  #   router.call_all(requests).grep(LlmRouter::Response) { |draft| draft.context.update!(reply: draft.content) }
  def call_all(requests, concurrency: 64, accept: nil, &block)
    requests = Input.list(requests)
    @config.check_spelling_of_all(requests, Input::OURS)
    sent = Input.sent(requests, @chain)
    acceptances = Acceptance.all(requests, accept)
    check_batch(concurrency)
    walk_all(requests, sent, acceptances, concurrency, &block)
  end

  # Embeds texts, through a chain of **one** model at several endpoints: vectors of two models cannot be compared. Which
  # model a name is, is what follows the last slash: +openai/text-embedding-3-small+ is +text-embedding-3-small+. Gate,
  # charge, hops, timeout and deadline are those of {#call}. See docs/embeddings.md.
  # @param input [String, Array<String>]
  # @param feature [Symbol, String, nil] as for {#call}
  # @param tags [Hash, nil] likewise
  # @param headers [Hash{String, Symbol => String, nil}, nil] likewise
  # @param options [Hash] everything else the API takes (+dimensions+, +encoding_format+, +input_type+, +provider+, …)
  # @return [Embeddings]
  # @raise [ConfigurationError] the chain has different models; nothing was sent or charged
  # @raise [ArgumentError] input or options that cannot be sent; nothing was sent or charged
  # @raise [Error] as {#call}
  # @example
  #   router = LlmRouter.new(chain: :search, budget: budget)
  #   router.embed(input: ["Where is my order?", "Refunds"]).vectors # => [[0.0123, …], [-0.0042, …]]
  def embed(input:, feature: nil, tags: nil, headers: nil, **options)
    EmbeddingInput.check_chain(@chain)
    EmbeddingInput.check(input, options)
    headers = @chain.headers_of(headers, "embed: headers")
    @config.check_spelling(options, ArgumentError) { "embed" }
    check_surroundings
    labels = Labels.current.and(feature, tags)
    Call.new(**terms_of_call, labels: labels, api: Api::EMBEDDINGS).run do |call|
      @chain.native.walk(call, ["input", input], [options, headers, nil], *terms)
    end
  end

  # Makes many calls of {#embed} at once, as {#call_all} does of {#call}.
  # @param requests [Enumerable<Hash>] each with +input:+ and what else {#embed} takes, and +context:+
  # @param concurrency [Integer] how many calls are under way at a time, at most
  # @yield for each call as it ends, as in {#call_all}
  # @yieldparam request [Hash] as it was given
  # @yieldparam result [Embeddings, StandardError, ScriptError]
  # @return [Array<Embeddings, StandardError, ScriptError>] in the order of the requests, frozen
  # @raise [ConfigurationError] the chain has different models; nothing was sent or charged
  # @raise [ArgumentError] requests that cannot be sent, with their index; nothing was sent or charged
  # @example
  #   requests = articles.each_slice(100).map { |slice| { input: slice.map(&:text), context: slice } }
  #   router.embed_all(requests).grep(LlmRouter::Embeddings) do |found|
  #     found.context.zip(found.vectors) { |article, vector| article.update!(embedding: vector) }
  #   end
  def embed_all(requests, concurrency: 64, &block)
    EmbeddingInput.check_chain(@chain)
    requests = Input.list(requests, EmbeddingInput)
    @config.check_spelling_of_all(requests, EmbeddingInput::OURS)
    sent = Input.sent(requests, @chain)
    check_batch(concurrency)
    Batch.new(requests, { **terms_of_call, api: Api::EMBEDDINGS }, [], &block).run do |batch|
      @chain.native.walk_all(batch, ["input", sent, nil], concurrency, *terms)
    end
  end

  # @return [String] without the budget
  def inspect
    "#<#{self.class} #{@chain} timeout=#{@timeout} deadline=#{@deadline.inspect}>"
  end

  private

  def check_budget(budget)
    return Budgets.new(budget.map { |member| check_budget(member) }) if budget.is_a?(Array) && budget.any?

    return budget if budget.respond_to?(:exhausted?) && budget.respond_to?(:charge!)

    missing = %i[exhausted? charge!].reject { |name| budget.respond_to?(name) }
    raise ArgumentError, "budget: a #{budget.class} does not respond to #{missing.join(' and ')}: give an object " \
                         "with exhausted? and charge!(cost_usd), such as LlmBudget.for(organization), or " \
                         "LlmRouter::Unlimited for none"
  end

  # Whether a call may be made here and now.
  def check_surroundings
    PlugIns.refuse_real_call_in_test(@config)
    WebRequest.check(@config)
  end

  def check_batch(concurrency)
    Setting.count("concurrency", concurrency, ArgumentError)
    check_surroundings
    @config.warn_unhedged(@chain)
  end

  # Without the requests whose answers an earlier run of the job has paid for.
  def walk_all(requests, sent, acceptances, concurrency, &)
    own_messages = CandidateMessages.of_all(@chain, requests)
    kept = CurrentJob.current&.answers&.all(@budget, @chain, requests, own_messages)
    recall = Recall.new(requests, acceptances, kept, terms_of_call, &)
    recall.run do |batch|
      @chain.native.walk_all(batch, ["messages", recall.sent(sent), recall.rest(own_messages)], concurrency, *terms)
    end
  end

  def terms_of_call
    { chain: @chain, budget: @budget, config: @config, deadline: @deadline }
  end

  # The timeouts, limits and retries of a call, and when a model cools down.
  def terms
    [[@timeout, @deadline, @config.max_answer_bytes, [@config.retries, @config.max_wait]],
     [@config.cooldown_after, @config.down_after]]
  end
end

require "llm_router/plug_ins"
LlmRouter::PlugIns.load_railtie
