# frozen_string_literal: true

RSpec.describe LlmRouter, ".configure" do
  def configured
    described_class.configure do |config|
      config.logger = Logger.new(log_io)
      yield config
    end
  end

  it "has defaults that work but for the key" do
    expect(described_class.config)
      .to have_attributes(base_url: "https://openrouter.ai/api/v1", timeout: 30, deadline: 60,
                          same_vendor: :warn, max_answer_bytes: 32 * 1024 * 1024)
  end

  it "takes the key from the environment where none is set" do
    stub_const("ENV", ENV.to_h.merge("OPENROUTER_API_KEY" => "from-env"))
    expect(described_class.config.api_key.reveal).to eq("from-env")
  end

  it "is frozen, and keeps what a later block does not set" do
    configured { |config| config.timeout = 5 }
    configured { |config| config.chain :quick, %w[a/b c/d] }
    expect(described_class.config).to have_attributes(timeout: 5, chain_names: [:quick])
    config = described_class.config
    [-> { config.timeout = 6 }, -> { config.chain :x, %w[a/b] }, -> { config.down_after = 1 }].each do |change|
      expect(&change).to raise_error(FrozenError, /in force: change it in a block of LlmRouter\.configure/)
    end
  end

  it "takes effect as a whole or not at all" do
    configured { |config| config.timeout = 5 }
    expect do
      configured do |config|
        config.timeout = 6
        config.chain :bad, []
      end
    end.to raise_error(described_class::ConfigurationError)
    expect(described_class.config.timeout).to eq(5)
  end

  it "keeps its own copy of what it was given" do
    models = [+"a/b", +"c/d"]
    configured { |config| config.chain :default, models }
    models.each { |model| model.replace("x/y") }
    gateway.answer("Hi")
    configured { |config| config.timeout = 5 }
    expect(described_class.config.resolve(:default).models).to eq(%w[a/b c/d])
  end

  it "can be read while it is being set" do
    configured { |config| config.timeout = described_class.config.timeout + 1 }
    expect(described_class.config.timeout).to eq(31)
  end

  it "does without a log, even where it has something to say" do
    described_class.configure do |config|
      config.logger = nil
      config.chain :x, %w[a/b]
    end
    expect(described_class.config.chain_names).to eq([:x])
  end

  it "does not repeat a URL that may hold a key" do
    ["https://a.example/v1?key=AIzaSECRET", "sk-or-SECRET", "https://me:SECRET@a.example"].each do |url|
      expect { configured { |config| config.base_url = url } }
        .to raise_error(described_class::ConfigurationError) { |error| expect(error.message).not_to include("SECRET") }
    end
  end

  it "serves subclasses of the router" do
    configure
    gateway.answer("Hi")
    expect(Class.new(described_class).new(budget: budget).call(messages: Support::MESSAGES).content).to eq("Hi")
  end

  {
    ->(c) { c.timeout = 0 } => /timeout is 0: give seconds/,
    ->(c) { c.timeout = -1 } => /timeout is -1/,
    ->(c) { c.timeout = "30" } => /timeout is "30"/,
    ->(c) { c.timeout = nil } => /timeout is nil/,
    ->(c) { c.deadline = Float::INFINITY } => /deadline is Infinity/,
    ->(c) { c.deadline = Float::NAN } => /deadline is NaN/,
    ->(c) { c.deadline = 1e300 } => /deadline is 1.0e\+300: give seconds, .* up to 31622400/,
    ->(c) { c.deadline = Complex(1, 2) } => /deadline is \(1\+2i\): give seconds/,
    ->(c) { c.logger = "log/llm.log" } => /logger is a String: give a Logger, such as Logger.new\(\$stdout\), or nil/,
    ->(c) { c.logger = $stdout } => /logger is a IO: give a Logger/,
    ->(c) { c.release_connections = "false" } => /release_connections is "false": give true or false/,
    ->(c) { c.allow_real_calls_in_test = 1 } => /allow_real_calls_in_test is 1: give true or false/,
    ->(c) { c.log_messages = nil } => /log_messages is nil: give true or false/,
    ->(c) { c.max_answer_bytes = 1.5 } => /max_answer_bytes is 1.5: give bytes/,
    ->(c) { c.same_vendor = :ignore } => /same_vendor is :ignore: give one of \[:warn, :raise, :allow\]/,
    ->(c) { c.base_url = "http://openrouter.ai/api/v1" } => /endpoint openrouter: .*not https.*in the clear/,
    ->(c) { c.base_url = "openrouter.ai" } => /endpoint openrouter: .*is not a URL/,
    ->(c) { c.base_url = nil } => /base_url is nil/,
    ->(c) { c.base_url = "https://a.example/\nv1" } => /base_url holds a line break/,
    ->(c) { c.base_url = "https://a.example/v1/chat/completions/?k=1" } => %r{openrouter: .*is "https://a.example/v1"$},
    ->(c) { c.endpoint :other, base_url: "https://a.example/v1/chat/completions", api_key: "k" } =>
      %r{endpoint other: base_url .*the part before /chat/completions, which is "https://a.example/v1"$},
    ->(c) { c.endpoint "gr\noq", base_url: "https://a.example", api_key: "k" } => /an endpoint is called "gr\\noq"/,
    ->(c) { c.chain "x\e[2J", %w[a/b] } => /a chain is called "x\\e\[2J"/,
    ->(c) { c.api_key = "" } => /api_key is empty/,
    ->(c) { c.api_key = "\xFF" } => /api_key is empty, or no text: give the key as a String/,
    ->(c) { c.api_key = "two\nlines" } => /api_key holds a character that no HTTP header can carry/,
    ->(c) { c.endpoint :openrouter, base_url: "https://a.example" } => /is there already/,
    ->(c) { c.endpoint :other, base_url: "http://10.0.0.1", api_key: "k" } => /endpoint other: .*not https/,
    ->(c) { c.max_answer_bytes = 2**64 } => /a whole number from 1 to/,
    ->(c) { c.chain nil, %w[a/b] } => /a chain is called nil: give it a name/,
    ->(c) { c.endpoint :other, base_url: nil } => /base_url of endpoint other is nil/,
    ->(c) { c.chain :x, [{ 1 => 2 }] } => /candidate 0 has 1: it takes/,
    ->(c) { c.chain :x, [{ model: "c/d", endpoint: 5 }] } => /names the endpoint 5/,
    ->(c) { c.chain :x, [] } => /chain :x needs an Array/,
    ->(c) { c.chain :x, "a/b" } => /chain :x needs an Array/,
    ->(c) { c.chain :x, [nil, "a/b"] } => /chain :x candidate 0 is a NilClass/,
    ->(c) { c.chain :x, ["a/b", " "] } => /chain :x candidate 1 needs a model/,
    ->(c) { c.chain :x, ["a/b\nERROR forged"] } => %r{candidate 0 has a model with a line break .*: "a/b\\nERR},
    ->(c) { c.chain :x, ["a/b", { modle: "c/d" }] } => /candidate 1 has :modle: it takes :model, :endpoint/,
    ->(c) { c.chain :x, [{ model: "c/d", endpoint: :gorq }] } => /names the endpoint :gorq: there are :openrouter/,
    ->(c) { c.chain :x, [{ model: "c/d", endpoint: "\xFF" }] } => /names the endpoint "\\xFF": there are :openrouter/,
    ->(c) { c.chain :x, [{ model: "c/d", timeout: false }] } => /chain :x candidate 0: timeout is false: give seconds/,
    ->(c) { c.chain :x, [{ model: "c/d", timeout: -3 }] } => /chain :x candidate 0: timeout is -3/,
    ->(c) { c.chain :x, [{ model: "c/d", params: { stream: true } }] } => /params: stream cannot be given/,
    ->(c) { c.chain :x, [{ model: "c/d", params: { top_p: 0 / 0.0 } }] } =>
      %r{chain :x: params of c/d\[:top_p\] .*NaN is no JSON}
  }.each do |setting, message|
    it "refuses what cannot work: #{message.source}" do
      expect { configured(&setting) }.to raise_error(described_class::ConfigurationError, message)
    end
  end

  it "refuses a chain given as an Array whose model's name would forge a line of the log" do
    configure
    ["\n", "\r\n", "\t", "\0", "\e[31m", "\u0085", "\u2028", "\u202e", "\x7f", "\xff".b].each do |odd|
      [["a/b", "c#{odd}d"], [{ model: "#{odd}c/d" }]].each do |chain|
        expect { described_class.new(chain: chain, budget: budget) }
          .to raise_error(described_class::ConfigurationError, /\A[ -~]*has a model with a line break[ -~]*\z/)
      end
    end
    expect(log).to be_empty
  end

  it "writes one line for each event, whatever is in it" do
    described_class::Log.new(Logger.new(log_io)).write(:warn) { "a\nERROR -- : forged \xff\u2028b" }
    expect(log.lines).to match([/WARN.*\[llm\] a ERROR -- : forged \ufffd b$/])
  end

  it "names the existing chains when another is wanted" do
    configure
    expect { described_class.new(chain: :defualt, budget: budget) }
      .to raise_error(described_class::ConfigurationError, /no chain is called :defualt: there are :default/)
    expect { described_class.new(chain: "", budget: budget) }.to raise_error(described_class::ConfigurationError)
    expect { described_class.new(chain: [], budget: budget) }.to raise_error(described_class::ConfigurationError)
  end

  it "says how to configure a chain where there is none" do
    expect { described_class.new(budget: budget) }
      .to raise_error(described_class::ConfigurationError, /none is configured.*config.chain/)
  end

  it "says where to set a key that is missing, once a router is made" do
    configured { |config| config.chain :default, %w[a/b c/d] }
    expect { described_class.new(budget: budget) }
      .to raise_error(described_class::ConfigurationError, /no API key: set config.api_key, or OPENROUTER_API_KEY/)
    configured do |config|
      config.endpoint :groq, base_url: "https://api.groq.com/openai/v1", api_key: nil
      config.chain :default, ["a/b", { model: "c", endpoint: :groq }]
      config.api_key = "k"
    end
    expect { described_class.new(budget: budget) }.to raise_error(/endpoint groq .*has no API key: pass api_key:/)
    configured { |config| config.endpoint :groq, base_url: "https://api.groq.com/openai/v1", api_key: false }
    expect(described_class.new(budget: budget)).to be_frozen
  end

  it "refuses a router's own times that cannot be" do
    configure
    expect { router(timeout: -1) }.to raise_error(described_class::ConfigurationError, /timeout is -1/)
    expect { router(deadline: 0) }.to raise_error(described_class::ConfigurationError, /deadline is 0/)
  end

  describe "and a chain whose insurance is void" do
    doubtful = {
      %w[anthropic/a gpt-4o] => %r{WARN.*chain :x: gpt-4o has no vendor, as models at OpenRouter do: .*"openai/gpt-4o"},
      %w[anthropic/a anthropic/b google/c] =>
        %r{WARN.*chain :x: anthropic/a and anthropic/b are neighbours from one vendor},
      %w[anthropic/a] => %r{WARN.*chain :x: anthropic/a is the only candidate},
      %w[anthropic/a anthropic/b] => /WARN.*chain :x: every candidate is anthropic's, through openrouter/
    }

    doubtful.each do |models, warning|
      it "warns: #{warning.source}" do
        configured { |config| config.chain :x, models }
        expect(log).to match(warning)
        expect(log.lines.size).to eq(1)
      end
    end

    it "warns once, however often the rest is configured" do
      configured { |config| config.chain :x, %w[anthropic/a] }
      configured { |config| config.timeout = 3 }
      expect(log.lines.size).to eq(1)
    end

    it "raises for a chain it had only warned of, once that is configured" do
      configured { |config| config.chain :x, %w[anthropic/a] }
      expect { configured { |config| config.same_vendor = :raise } }
        .to raise_error(described_class::ConfigurationError, /only candidate/)
    end

    it "warns of a chain given as an Array, too" do
      configure
      described_class.new(chain: %w[a/b], budget: budget)
      expect(log).to match(%r{WARN.*chain \["a/b"\]: a/b is the only candidate})
    end

    it "raises or keeps silent where that is configured" do
      expect { configured { |c| (c.same_vendor = :raise) && c.chain(:x, %w[a/b]) } }
        .to raise_error(described_class::ConfigurationError, /only candidate/)
      configured { |c| (c.same_vendor = :allow) && c.chain(:x, %w[a/b]) }
      expect(log).to be_empty
    end

    it "finds nothing wrong with the article's chain" do
      configured { |config| config.chain :default, Support::CHAIN }
      expect(log).to be_empty
    end
  end
end
