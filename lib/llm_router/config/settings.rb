# frozen_string_literal: true

require "logger"

class LlmRouter
  # The plain settings of a {Configuration}, checked as they are set.
  module Settings
    include JobSettings

    # What {#same_vendor}, {#in_web_request} and {#unknown_options} take.
    CHOICES = %i[warn raise allow].freeze
    # What {#on_uncertain} takes.
    ON_UNCERTAIN = %i[charge_estimate release].freeze
    # What {#price_ceiling} takes.
    PRICE_CEILINGS = %i[dearest listed].freeze

    # @return [Secret, nil] the OpenRouter key; the default is +OPENROUTER_API_KEY+ of the environment
    attr_reader :api_key
    # @return [String] default "https://openrouter.ai/api/v1"
    attr_reader :base_url
    # @return [Float] seconds that one attempt may take by the wall clock; default 30
    attr_reader :timeout
    # @return [Float, nil] seconds that the whole call may take; default 60; nil for no limit
    attr_reader :deadline
    # @return [Integer] the most bytes of an answer after decompression; default 32 MiB. Reading it takes less than four
    #   times as much memory.
    attr_reader :max_answer_bytes
    # @return [String, nil] a file of PEM certificates: the trusted authorities, instead of the system's; default nil,
    #   for the system's, or those of +SSL_CERT_FILE+ and +SSL_CERT_DIR+
    attr_reader :ca_file
    # @return [String, nil] the calling app, for OpenRouter's rankings
    attr_reader :app_name
    # @return [String, nil] its address, likewise
    attr_reader :app_url
    # @return [Hash{String => Secret, nil}] headers of every request, by lower-case name; default none
    attr_reader :headers
    # @return [Symbol] what to do about a chain that one vendor's outage would take down: +:warn+ (default), +:raise+ or
    #   +:allow+
    attr_reader :same_vendor
    # @return [Symbol] what to do about a call inside a web request: +:warn+ (default), +:raise+ or +:allow+
    attr_reader :in_web_request
    # @return [BigDecimal] US dollars reserved for an attempt whose worst case is unknown, because a price or
    #   +max_tokens+ is missing; default 0.25
    attr_reader :reserve_usd
    # @return [Symbol] what the end of a lease does with the reservation of an attempt that may have been billed (it
    #   timed out, its process died): +:charge_estimate+ (default) or +:release+
    attr_reader :on_uncertain
    # @return [Float] seconds that a lease outlasts its attempt; default 60
    attr_reader :lease_margin
    # @return [Float, nil] seconds for which OpenRouter's prices are cached; default 3600; nil to never look them up
    attr_reader :price_ttl
    # @return [Float] the most seconds that a job waits for the end of its budget's period; a job that would wait longer
    #   is reported and discarded; default 86_400, a day
    attr_reader :budget_wait
    # @return [Symbol] which of a model's prices at OpenRouter is reserved, and may be billed: +:dearest+ (default),
    #   that of its dearest provider, so that every provider may serve it; or +:listed+, that of OpenRouter's list of
    #   models, often lower: more calls fit under a cap at once, but providers that charge more are not used
    attr_reader :price_ceiling
    # @return [Boolean] whether the thread's database connections return to the pool while a request is on the wire;
    #   default false. Connections with an open transaction, or in a +with_connection+ block, stay. The thread loses the
    #   session state of a returned connection (+search_path+ or another +SET+, advisory locks, temporary tables,
    #   prepared statements) to the next thread that takes it
    attr_reader :release_connections
    # @return [Boolean] whether tests may send requests without {LlmRouter.testing!}; default false: such a call raises
    #   {Testing::RealCallInTest}
    attr_reader :allow_real_calls_in_test
    # @return [Boolean] whether the log, and the message of {RequestRejected}, include the endpoints' error messages,
    #   without the key and quotes of the call; default true. If false, they have the reason and the status only.
    #   {Hop#message}, and so events, have the error message in either case.
    attr_reader :log_messages
    # @return [Logger, nil] default: warnings and errors to standard error
    attr_reader :logger

    # @return [Symbol] what to do about a misspelt parameter (+temprature+): +:warn+, once for each, +:raise+ or
    #   +:allow+; default +:raise+ in the test environment, +:warn+ elsewhere
    def unknown_options
      @unknown_options || (Environment.test? ? :raise : :warn)
    end

    # @param value [String, nil]
    # @raise [ConfigurationError]
    def api_key=(value)
      @api_key = Setting.secret("api_key", value)
    end

    # @param value [String] https://, or http:// on loopback
    # @raise [ConfigurationError]
    def base_url=(value)
      @base_url = Setting.url("base_url", value)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    def timeout=(value)
      @timeout = Setting.seconds("timeout", value)
    end

    # @param value [Numeric, nil] seconds
    # @raise [ConfigurationError]
    def deadline=(value)
      @deadline = value && Setting.seconds("deadline", value)
    end

    # @param value [Integer] bytes
    # @raise [ConfigurationError]
    def max_answer_bytes=(value)
      @max_answer_bytes = Setting.bytes("max_answer_bytes", value)
    end

    # Reads the file at once. Later changes of the file have no effect.
    # @param value [String, Pathname, nil] its path
    # @raise [ConfigurationError] it cannot be read, or holds no certificate
    # @example A gateway with a certificate of the company's own, and everybody else
    #   # cat /etc/ssl/certs/ca-certificates.crt company.pem > config/authorities.pem
    #   config.ca_file = Rails.root.join("config/authorities.pem")
    def ca_file=(value)
      path = Setting.path("ca_file", value)
      @trust = path && Native::Trust.new(path)
      @ca_file = path
    end

    # @param value [String, nil]
    # @raise [ConfigurationError]
    def app_name=(value)
      @app_name = Setting.text("app_name", value)
    end

    # @param value [String, nil]
    # @raise [ConfigurationError]
    def app_url=(value)
      @app_url = Setting.text("app_url", value)
    end

    # Headers of every request, whatever its endpoint; +X-OpenRouter-…+ go to OpenRouter alone. What only one endpoint
    # may see belongs in {Configuration#endpoint}. Those of an endpoint and of a call take precedence.
    # @param value [Hash{String, Symbol => String, Symbol, Numeric, nil}] nil leaves a header out
    # @raise [ConfigurationError]
    # @example
    #   config.headers = { "X-OpenRouter-Metadata" => "enabled" }
    def headers=(value)
      @headers = Headers.check("headers", value)
    end

    # @param value [Symbol] one of {CHOICES}
    # @raise [ConfigurationError]
    def same_vendor=(value)
      @same_vendor = Setting.one_of("same_vendor", value, CHOICES)
    end

    # @param value [Symbol] one of {CHOICES}
    # @raise [ConfigurationError]
    def in_web_request=(value)
      @in_web_request = Setting.one_of("in_web_request", value, CHOICES)
    end

    # @param value [Symbol] one of {CHOICES}
    # @raise [ConfigurationError]
    def unknown_options=(value)
      @unknown_options = Setting.one_of("unknown_options", value, CHOICES)
    end

    # @param value [BigDecimal, Integer, String] US dollars, more than 0
    # @raise [ConfigurationError]
    def reserve_usd=(value)
      @reserve_usd = Setting.usd("reserve_usd", value)
      raise ConfigurationError, "reserve_usd is 0: that would reserve nothing" if @reserve_usd.zero?
    end

    # @param value [Symbol] one of {ON_UNCERTAIN}
    # @raise [ConfigurationError]
    def on_uncertain=(value)
      @on_uncertain = Setting.one_of("on_uncertain", value, ON_UNCERTAIN)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    def lease_margin=(value)
      @lease_margin = Setting.seconds("lease_margin", value)
    end

    # @param value [Symbol] one of {PRICE_CEILINGS}
    # @raise [ConfigurationError]
    def price_ceiling=(value)
      @price_ceiling = Setting.one_of("price_ceiling", value, PRICE_CEILINGS)
    end

    # @param value [Numeric, nil] seconds
    # @raise [ConfigurationError]
    def price_ttl=(value)
      @price_ttl = value && Setting.seconds("price_ttl", value)
    end

    # @param value [Numeric] seconds
    # @raise [ConfigurationError]
    def budget_wait=(value)
      @budget_wait = Setting.seconds("budget_wait", value)
    end

    # @param value [Boolean]
    # @raise [ConfigurationError]
    def log_messages=(value)
      @log_messages = Setting.flag("log_messages", value)
    end

    # @param value [Boolean]
    # @raise [ConfigurationError]
    def release_connections=(value)
      @release_connections = Setting.flag("release_connections", value)
    end

    # @param value [Boolean]
    # @raise [ConfigurationError]
    def allow_real_calls_in_test=(value)
      @allow_real_calls_in_test = Setting.flag("allow_real_calls_in_test", value)
    end

    # @param value [Logger, nil] nil logs nothing
    # @raise [ConfigurationError]
    def logger=(value)
      @logger = Setting.logger("logger", value)
    end

    private

    def set_defaults
      set_job_defaults
      key = ENV.fetch("OPENROUTER_API_KEY", "")
      @api_key = key.empty? ? nil : Secret.new(key)
      @base_url = "https://openrouter.ai/api/v1"
      @timeout = 30.0
      @deadline = 60.0
      @max_answer_bytes = 32 * 1024 * 1024
      @ca_file = @trust = nil
      @headers = {}.freeze
      @same_vendor = @in_web_request = :warn
      @release_connections = false
      @log_messages = true
      set_money_defaults
      @logger = @default_logger = Logger.new($stderr, level: Logger::WARN, progname: "llm_router")
    end

    def set_money_defaults
      @reserve_usd = BigDecimal("0.25")
      @on_uncertain = :charge_estimate
      @lease_margin = 60.0
      @price_ceiling = :dearest
      @price_ttl = 3600.0
      @budget_wait = 86_400.0
    end
  end
end
