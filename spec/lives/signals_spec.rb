# frozen_string_literal: true

# On the main thread, where traps run and Ctrl-C raises. In processes of their own.
RSpec.describe "A signal that comes while money is booked" do
  # Sends one the way another process does: Ruby's own Process.kill runs a trap of this process at once.
  def booked(code)
    output_of(<<~RUBY)
      require "llm_router"
      require "fiddle"
      KILL = Fiddle::Function.new(Fiddle.dlopen(nil)["kill"], [Fiddle::TYPE_INT] * 2, Fiddle::TYPE_INT)
      $stdout.sync = true
      def send_to(pid, name) = KILL.call(pid, Signal.list.fetch(name))
      def booking(&) = LlmRouter::Uninterrupted.run(&)
      #{code}
    RUBY
  end

  it "waits for it, each kind of signal, and comes then" do
    expect(booked(<<~RUBY)).to eq("booked trapped 7")
      trapped = 0
      names = %w[INT TERM HUP QUIT ALRM USR1 USR2].each { |name| trap(name) { trapped += 1 } }
      booking { names.each { |name| send_to(Process.pid, name) } && sleep(0.05) && print(trapped.zero? && "booked") }
      print " trapped ", trapped
    RUBY
  end

  it "comes before it, where it was there before, and nothing is booked" do
    expect(booked(<<~RUBY)).to eq("trapped")
      trap("USR1") { raise IOError, "trapped" }
      begin
        send_to(Process.pid, "USR1")
        booking { print "booked" }
      rescue IOError => e
        print e.message
      end
    RUBY
  end

  it "is what was set meanwhile" do
    expect(booked('booking { trap("USR1") { print "new" } }; send_to(Process.pid, "USR1"); sleep 0.05')).to eq("new")
  end

  it "is not noted, but acted on, in a process that is forked meanwhile" do
    expect(booked(<<~RUBY)).to eq("trapped booked, trapped SIGTERM")
      trap("USR1") { print "trapped" }
      trap("TERM", "SYSTEM_DEFAULT")
      booking do
        Process.wait(fork { send_to(Process.pid, "USR1") && sleep(0.05) && exit!(0) })
        Process.wait(fork { booking { send_to(Process.pid, "USR1") && print(" booked, ") } && exit!(0) })
        Process.wait(fork { send_to(Process.pid, "TERM") && sleep(5) })
        print " SIG", Signal.signame($?.termsig)
      end
    RUBY
  end
end
