# frozen_string_literal: true

# What would make Ruby throw away compiled code and method caches, call after call.
RSpec.describe LlmRouter, "as YJIT sees it", :slow do
  # Defined methods and live TracePoints are counted once everything is loaded and has run once.
  let(:program) do
    <<~'RUBY'
      $defined = []
      Module.prepend(Module.new { private def method_added(name) = ($defined << "#{self}##{name}") && super })
      BasicObject.class_eval do
        private def singleton_method_added(name) = ($defined << "#{inspect[0, 80]}.#{name}")
      end
      work = lambda do
        begin; ask; rescue LlmRouter::Error; end
        ROUTER.call_all(Array.new(3) { { messages: MESSAGES } })
      end
      work.call
      $defined.clear
      constants = RubyVM.stat(:constant_cache_invalidations) if RubyVM.stat.key?(:constant_cache_invalidations)
      3.times { work.call }
      # That of the beginning of threads, on a Ruby before 3.3, concerns no code that runs.
      allowed = RUBY_VERSION < "3.3" ? 1 : 0
      print [$defined.uniq, ObjectSpace.each_object(TracePoint).count(&:enabled?) - allowed,
             (RubyVM.stat(:constant_cache_invalidations) - constants if constants).to_i]
    RUBY
  end

  it "defines no method, no constant and leaves no TracePoint on from the second call on" do
    gateway.answer("Hi", cost_usd: "0.0021")
    gateway.fail(Support::PRIMARY, status: 503)
    expect(output_of_program(program)).to eq("[[], 0, 0]")
  end

  it "takes no binding, and evaluates no text" do
    root = File.expand_path("../../lib", __dir__)
    files = Dir["#{root}/llm_router/{call,config,money,health,events,interop,budget}/**/*.rb", "#{root}/llm_router.rb"]
    code = files.flat_map { |file| File.readlines(file).grep_v(/^\s*#/) }
    expect(code.grep(/(?<![\w.])(binding(?!\.local_variable_get\(:for\))|set_trace_func|eval)\b/)).to be_empty
  end
end
