# frozen_string_literal: true

require "bigdecimal"
require "logger"
require "monitor"

require "llm_router/version"
require "llm_router/errors"
require "llm_router/money/budget_exceeded"
require "llm_router/native"
require "llm_router/interop/inheritance"
require "llm_router/call/hop"
require "llm_router/health/health"
require "llm_router/call/usage"
require "llm_router/money/attempt"
require "llm_router/call/response"
require "llm_router/config/secret"
require "llm_router/config/environment"
require "llm_router/config/setting"
require "llm_router/config/parameters"
require "llm_router/call/input"
require "llm_router/money/unlimited"
require "llm_router/money/price"
require "llm_router/money/prices"
require "llm_router/money/worst_case"
require "llm_router/money/account"
require "llm_router/config/endpoint"
require "llm_router/config/candidate"
require "llm_router/config/chain"
require "llm_router/config/job_settings"
require "llm_router/config/settings"
require "llm_router/config/health_settings"
require "llm_router/config/configuration"
require "llm_router/events/log"
require "llm_router/events/events"
require "llm_router/events/spans"
require "llm_router/events/telemetry"
require "llm_router/interop/fiber_local"
require "llm_router/rails/web_request"
require "llm_router/rails/database_connections"
require "llm_router/rails/current_job"
require "llm_router/money/later_charge"
require "llm_router/rails/budget_jobs"
require "llm_router/interop/parking"
require "llm_router/interop/unscheduled"
require "llm_router/interop/uninterrupted"
require "llm_router/money/spending"
require "llm_router/call/endings"
require "llm_router/money/settling"
require "llm_router/call/call"

# Seldom needed, and as long to load as a third of all this.
autoload :JSON, "json"

# Asks the models of an ordered chain, through OpenRouter or another OpenAI-compatible gateway,
# until one answers. The budget is asked before each attempt and charged what the answer cost.
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
  autoload :Batch, "llm_router/call/batch"
  autoload :BatchedCall, "llm_router/call/batched_call"
  autoload :Budget, "llm_router/budget"
  autoload :BudgetAddress, "llm_router/rails/budget_address"
  autoload :BudgetJob, "llm_router/rails/budget_job"
  autoload :Budgets, "llm_router/money/budgets"
  autoload :ChargeOnce, "llm_router/rails/charge_once"
  autoload :Enqueue, "llm_router/rails/enqueue"
  autoload :Job, "llm_router/rails/job"
  autoload :JobPolicy, "llm_router/rails/job_policy"
  autoload :JobReport, "llm_router/rails/job_report"
  autoload :OnBudgetExceeded, "llm_router/rails/on_budget_exceeded"
  autoload :SidekiqWorker, "llm_router/sidekiq/sidekiq_worker"
  autoload :SharedHealth, "llm_router/health/shared_health"
  BudgetJobs.register

  @configuring = Monitor.new

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
    def configure
      main_ractor!
      with_rails
      @configuring.synchronize do
        draft = (@config || Configuration.new).dup
        yield draft
        @config = draft.finish.tap { |config| BudgetJobs.configured { config } }
      end
    end

    # @return [Configuration] frozen
    def config
      main_ractor!
      @config || @configuring.synchronize { @config ||= Configuration.new }
    end

    # Says that the calls in the block may hold up a web request.
    # @yield
    # @return [Object] what the block returns
    # @example
    #   LlmRouter.allow_in_request { router.call(messages: messages, max_tokens: 500) }
    def allow_in_request(&)
      WebRequest.allow(&)
    end

    # What this process knows of each model that it has asked. A fork starts with what its parent knew.
    # @return [Array<Health>]
    # @example
    #   puts LlmRouter.health
    #   # anthropic/claude-sonnet-4.5 at openrouter: cooling_down, failing since … (3 in a row, the last: timeout), …
    def health
      Native::Health.report.map { |known| Health.new(**known) }
    end

    # Forgets all of it, so that every model is asked again. For consoles and tests. A store that shares
    # cooldowns between processes ({HealthSettings#health_store}) is left as it is.
    # @return [void]
    def reset_health!
      Native::Health.reset
    end

    # Back to the defaults, for consoles and tests.
    # @return [void]
    def reset_configuration!
      main_ractor!
      @configuring.synchronize { @config = nil }
      BudgetJobs.configured { Configuration.new }
    end

    # Loads what belongs to Rails, where that was loaded after this gem: by a spec_helper, or with require: false.
    # @return [void]
    # @api private
    def with_rails
      return if @with_rails || !defined?(::Rails::Railtie)

      @with_rails = true
      require "llm_router/rails/railtie"
    end

    private

    # Ruby would only say that an instance variable cannot be read.
    def main_ractor!
      return if Ractor.current == Ractor.main

      raise Error, "llm_router works in the main Ractor only: call it there, on a Thread, for threads run side by " \
                   "side while they wait for a model, and send the answer's text to the other Ractor"
    end
  end

  # @param chain [Symbol, String, Array<String, Hash>] a configured chain's name, or candidates as
  #   {Configuration#chain} takes them
  # @param budget [#exhausted?, #charge!] asked before each attempt, and charged with the cost in
  #   US dollars (a BigDecimal) of each answer that cost something; {Unlimited} for none
  # @param timeout [Numeric, nil] seconds for one attempt, in place of the configured ones
  # @param deadline [Numeric, nil] seconds for the whole call, likewise
  # @raise [ConfigurationError] an unknown or faulty chain, a missing key
  # @raise [ArgumentError] a budget that is none
  def initialize(budget:, chain: :default, timeout: nil, deadline: nil)
    LlmRouter.with_rails
    @config = LlmRouter.config
    @budget = check_budget(budget)
    @chain = @config.resolve(chain)
    # A call raises something clearer then.
    @chain.check_keys! unless real_call_in_test?
    @timeout = timeout ? Setting.seconds("timeout", timeout) : @config.timeout
    @deadline = deadline ? Setting.seconds("deadline", deadline) : @config.deadline
    freeze
  end

  # Asks the models of the chain until one answers. Blocks the calling thread, but no other: the
  # GVL is released while an attempt is on the wire. Under a fiber scheduler it blocks the calling
  # fiber alone.
  #
  # Each attempt may take the timeout, but no more than an equal share of what is left of the
  # deadline, so that a model that hangs leaves the ones behind it time to answer.
  #
  # @param messages [Array<Hash>] as the chat completions API takes them
  # @param options [Hash] everything else the API takes (+temperature+, +max_tokens+, +tools+,
  #   +response_format+, +provider+, …), passed through unchanged
  # @return [Response]
  # @raise [ArgumentError] messages or options that cannot be sent; nothing was asked or charged
  # @raise [BudgetExceeded] the budget had nothing left
  # @raise [RequestRejected] the request is at fault; no other model was asked
  # @raise [ChainExhausted] every model failed; {ChainExhausted#retry_after} says when to try again
  # @raise [DeadlineExceeded] the time was up
  # @raise [ChargeFailed] the answer is there and paid for, but the budget could not be charged
  # @raise [Testing::RealCallInTest] in the test environment without {LlmRouter.testing!}
  # @example
  #   router.call(messages: [{ role: "user", content: "Hi" }], max_tokens: 200).content
  def call(messages:, **options)
    Input.check(messages, options)
    @config.check_spelling(options, ArgumentError) { "call" }
    check_test
    @config.held_up_by(WebRequest.call_site) if WebRequest.held_up?
    Call.new(chain: @chain, budget: @budget, config: @config, deadline: @deadline).run do |call|
      @chain.native.walk(call, messages, options, *terms)
    end
  end

  # Makes many calls at once, on the calling thread alone: while their attempts are on the wire, side by side, the
  # GVL is released. Each is as one made by {#call}, with a deadline, hops, gates and charges of its own, and ends
  # by itself: its result is a response, or the error that {#call} would have raised.
  #
  # A budget with nothing left ends what has not started: the rest get a {BudgetExceeded} each, which says so. One
  # that reserves is not asked for more than it has while calls of the batch hold some of it: a call that may fit in
  # when they have given it back waits until then, and its deadline with it.
  #
  # What ends the thread's wait, such as a +Timeout+, ends all calls under way, and so does what the block raises.
  # What they had spent by then is charged, and answers that had arrived and were not shown yet are lost: keep the
  # block short, and rescue inside it.
  #
  # @param requests [Enumerable<Hash>] each with what {#call} takes: +messages:+ and the options. All are read before
  #   the first is sent. +context:+, anything of the caller's own, is never sent: its result has it
  #   ({Response#context}, and so do errors).
  # @param concurrency [Integer] how many are under way at a time, at most
  # @yield for each as it is through, on the calling thread, while the others go on and before more are started
  # @yieldparam request [Hash] as it was given
  # @yieldparam result [Response, StandardError, ScriptError] the last where a budget raises one
  # @return [Array<Response, StandardError, ScriptError>] in the order of the requests, frozen
  # @raise [ArgumentError] requests that cannot be sent, with their place; nothing was asked or charged
  # @example
  #   requests = ["Hi", "Bye"].map { |text| { messages: [{ role: "user", content: text }], max_tokens: 200 } }
  #   router.call_all(requests) do |request, result|
  #     warn result.message unless result.is_a?(LlmRouter::Response)
  #   end
  # @example Each with its record
  #   requests = tickets.map { |ticket| { messages: prompt(ticket), max_tokens: 200, context: ticket } }
  #   router.call_all(requests).grep(LlmRouter::Response) { |draft| draft.context.update!(reply: draft.content) }
  def call_all(requests, concurrency: 64, &block)
    requests = Input.list(requests)
    requests.each_with_index do |request, number|
      @config.check_spelling(request.except(:messages, :context), ArgumentError) { "requests[#{number}]" }
    end
    Setting.count("concurrency", concurrency, ArgumentError)
    check_test
    @config.held_up_by(WebRequest.call_site) if WebRequest.held_up?
    Batch.new(requests, { chain: @chain, budget: @budget, config: @config, deadline: @deadline }, &block).run do |batch|
      @chain.native.walk_all(batch, requests, concurrency, *terms)
    end
  end

  # @return [String] without the budget, whose state is its own
  def inspect
    "#<#{self.class} #{@chain} timeout=#{@timeout} deadline=#{@deadline.inspect}>"
  end

  private

  def check_budget(budget)
    return Budgets.new(budget.map { |member| check_budget(member) }) if budget.is_a?(Array) && budget.any?

    return budget if budget.respond_to?(:exhausted?) && budget.respond_to?(:charge!)

    missing = %i[exhausted? charge!].reject { |name| budget.respond_to?(name) }
    raise ArgumentError, "budget: a #{budget.class} does not answer to #{missing.join(' and ')}: give an object with " \
                         "exhausted? and charge!(cost_usd), such as LlmBudget.for(organization), or " \
                         "LlmRouter::Unlimited for none"
  end

  # WebMock and VCR do not see what Rust sends, so a test that scripts nothing would spend money.
  def check_test
    return unless real_call_in_test?

    require "llm_router/testing/real_call_in_test"
    raise Testing::RealCallInTest
  end

  def real_call_in_test?
    return false if @config.allow_real_calls_in_test || !Environment.test?

    !(LlmRouter.respond_to?(:testing?) && LlmRouter.testing?)
  end

  # The times and limits of a call, and when a model cools down.
  def terms
    [[@timeout, @deadline, @config.max_answer_bytes], [@config.cooldown_after, @config.down_after]]
  end
end

LlmRouter.with_rails
