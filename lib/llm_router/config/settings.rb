# frozen_string_literal: true

class LlmRouter
  # The plain settings of a {Configuration}, checked as they are set.
  module Settings
    include JobSettings

    # What can be done about something doubtful.
    CHOICES = %i[warn raise allow].freeze
    # What can become of money that an attempt may have cost, where nobody ever says so.
    ON_UNCERTAIN = %i[charge_estimate release].freeze
    # Which of a model's prices at OpenRouter is reserved, and may be billed.
    PRICE_CEILINGS = %i[dearest listed].freeze

    # @return [Secret, nil] the OpenRouter key; the default is +OPENROUTER_API_KEY+ of the environment
    attr_reader :api_key
    # @return [String] default "https://openrouter.ai/api/v1"
    attr_reader :base_url
    # @return [Float] seconds that one attempt may take by the wall clock; default 30
    attr_reader :timeout
    # @return [Float, nil] seconds that the whole call may take; default 60; nil for no limit
    attr_reader :deadline
    # @return [Integer] bytes an answer may have after decompression; default 32 MiB. To read one takes less
    #   than four times as much memory, whatever is in it.
    attr_reader :max_answer_bytes
    # @return [String, nil] a file of PEM certificates: the authorities that an endpoint's certificate may come
    #   from, instead of the system's; default nil, for the system's, or those of +SSL_CERT_FILE+ and
    #   +SSL_CERT_DIR+
    attr_reader :ca_file
    # @return [String, nil] the calling app, for OpenRouter's rankings
    attr_reader :app_name
    # @return [String, nil] its address, likewise
    attr_reader :app_url
    # @return [Symbol] what to do about a chain that one outage takes whole: +:warn+ (default),
    #   +:raise+ or +:allow+
    attr_reader :same_vendor
    # @return [Symbol] what to do about a call while a web request is being served: +:warn+ (default),
    #   +:raise+ or +:allow+
    attr_reader :in_web_request
    # @return [BigDecimal] US dollars reserved for an attempt whose worst case nobody can tell, for want of
    #   a price or of +max_tokens+; default 0.25
    attr_reader :reserve_usd
    # @return [Symbol] what becomes of money held for an attempt that may have been billed (its time ran
    #   out, its process died), if that does not become known: +:charge_estimate+ (default) or +:release+
    attr_reader :on_uncertain
    # @return [Float] seconds for which money stays held after an attempt must be over; default 60
    attr_reader :lease_margin
    # @return [Float, nil] seconds for which OpenRouter's prices are kept before they are asked for again;
    #   default 3600; nil to never ask for them
    attr_reader :price_ttl
    # @return [Float] seconds that a job waits for the end of its budget's period, at most; one that would have to
    #   wait longer is reported and discarded; default 86_400, a day
    attr_reader :budget_wait
    # @return [Symbol] which of a model's prices at OpenRouter is reserved, and may be billed: +:dearest+ (default),
    #   that of its dearest provider, so that every provider may serve it; or +:listed+, that of OpenRouter's list of
    #   models, which is often lower: a cap lets more calls through at once, but providers that charge more serve none
    attr_reader :price_ceiling
    # @return [Boolean] whether the thread's database connections go back to the pool while a request is on the wire;
    #   default false. Those stay that have an open transaction, or that a +with_connection+ block uses. What belongs to
    #   the session ends for the thread with a connection that goes back: a +search_path+ or another +SET+, advisory
    #   locks, temporary tables, prepared statements; the next who takes the connection has it
    attr_accessor :release_connections
    # @return [Boolean] whether calls of tests may leave the machine without {LlmRouter.testing!}; default false, and
    #   then such a call raises {Testing::RealCallInTest}
    attr_accessor :allow_real_calls_in_test
    # @return [Boolean] whether the log, and the message of {RequestRejected}, tell what endpoints say of failures, less
    #   the key and what is found to be quoted from the call; default true. Otherwise they tell the reason and the
    #   status. {Hop#message}, and so events, have it in either case.
    attr_reader :log_messages
    # @return [Logger] default: warnings and errors to standard error
    attr_accessor :logger

    # @return [Symbol] what to do about a parameter that looks like a slip of the pen (+temprature+): +:warn+, once for
    #   each, +:raise+ or +:allow+; default +:raise+ in the test environment, +:warn+ elsewhere
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

    # Reads the file at once; what becomes of it later changes nothing.
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
